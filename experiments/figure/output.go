package figure

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"html"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"spnode/data/file"
	"spnode/experiments/figure/lettering"
)

// dpi gives two pixels to a point.
const dpi = 144

// PNG returns the figure as a PNG image of twice as many pixels as it has points.
func (f *Figure) PNG() []byte {
	p := f.plan()
	c := vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(dpi))
	f.draw(draw.New(c), p)
	var b bytes.Buffer
	if err := png.Encode(&b, indexed(c.Image())); err != nil {
		panic(err) // a bytes.Buffer takes all
	}
	return b.Bytes()
}

// indexed returns the picture in at most 256 of its colours, each pixel in the
// nearest: half the bytes of the file, and no difference to the eye. One colour
// after the other is taken, that whose pixels are the farthest, in the sum of
// squares, from those taken before.
func indexed(img image.Image) *image.Paletted {
	rgba := image.NewRGBA(img.Bounds())
	stddraw.Draw(rgba, rgba.Rect, img, rgba.Rect.Min, stddraw.Src)
	pixels := make([]uint32, len(rgba.Pix)/4)
	count := map[uint32]int{}
	for i := range pixels {
		pixels[i] = binary.BigEndian.Uint32(rgba.Pix[4*i:])
		count[pixels[i]]++
	}
	colors := slices.Sorted(maps.Keys(count))
	channels := func(c uint32) color.RGBA {
		return color.RGBA{uint8(c >> 24), uint8(c >> 16), uint8(c >> 8), uint8(c)}
	}
	distance := func(a, b color.RGBA) int {
		dr, dg, db := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
		return dr*dr + dg*dg + db*db
	}
	// The distance of each colour to the nearest of the palette, and which that is.
	far, index := make([]int, len(colors)), make([]uint8, len(colors))
	for i := range far {
		far[i] = 1 << 20
	}
	var palette color.Palette
	for range min(256, len(colors)) {
		next := 0
		for i, c := range colors {
			if count[c]*far[i] > count[colors[next]]*far[next] {
				next = i
			}
		}
		taken := channels(colors[next])
		for i, c := range colors {
			if d := distance(channels(c), taken); d < far[i] {
				far[i], index[i] = d, uint8(len(palette))
			}
		}
		palette = append(palette, taken)
	}
	nearest := map[uint32]uint8{}
	for i, c := range colors {
		nearest[c] = index[i]
	}
	out := image.NewPaletted(rgba.Rect, palette)
	for i, c := range pixels {
		out.Pix[i] = nearest[c]
	}
	return out
}

// SVG returns the figure as an SVG document, whose text is text. Its size is
// 1.2 pixels of the page for a point, by which the widest default figure fits the
// column of a notebook.
func (f *Figure) SVG() string {
	p := f.plan()
	c := vgsvg.New(p.width, p.height)
	f.draw(draw.New(c), p)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		panic(err) // a bytes.Buffer takes all
	}
	// Liberation Sans has the widths of Arial and Helvetica, so those may stand
	// in where it is missing, and any other is fitted to its length. Images are PNGs, whatever vgsvg calls them, and
	// fill their place, whatever their proportions.
	const scale = 1.2
	svg := svgText.ReplaceAllStringFunc(b.String(), func(element string) string {
		m := svgText.FindStringSubmatch(element)
		size, _ := strconv.ParseFloat(m[1], 64)
		w := lettering.Style(size, Black).Width(html.UnescapeString(m[2]))
		return fmt.Sprintf(`<text textLength="%.5g" lengthAdjust="spacingAndGlyphs"%s`, w.Points(), strings.TrimPrefix(element, "<text"))
	})
	return strings.NewReplacer(
		fmt.Sprintf(`width="%.*gpt" height="%.*gpt"`, 5, p.width.Points(), 5, p.height.Points()),
		fmt.Sprintf(`width="%.*g" height="%.*g"`, 5, scale*p.width.Points(), 5, scale*p.height.Points()),
		"font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;",
		"data:image/jpg;", "data:image/png;",
		"<image ", `<image preserveAspectRatio="none" `,
	).Replace(svg)
}

// svgText is a text with its font's size.
var svgText = regexp.MustCompile(`(?s)<text [^>]*font-size:([\d.]+)px[^>]*>([^<]*)`)

// CSV returns the figure's data: a row for each point, with the columns panel,
// series, x, y, and for a figure with heat maps also value. A band is two
// series, its lower and its upper edge. Points off the scale are there too.
// Eight digits are more than an eye can see.
func (f *Figure) CSV() []byte {
	heat := false
	for _, v := range f.views {
		heat = heat || v.Heat != nil
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	row := func(panel, series string, values ...float64) {
		record := []string{panel, series}
		for _, v := range values {
			record = append(record, strconv.FormatFloat(v, 'g', 8, 64))
		}
		if heat && len(values) == 2 {
			record = append(record, "")
		}
		_ = w.Write(record) // a bytes.Buffer takes all
	}
	head := []string{"panel", "series", "x", "y"}
	if heat {
		head = append(head, "value")
	}
	_ = w.Write(head)
	for i, name := range f.panelNames() {
		v := f.views[i]
		if h := v.Heat; h != nil {
			for r, y := range h.Y {
				for k, x := range h.X {
					row(name, h.Label, x, y, h.Z[r][k])
				}
			}
		}
		for k, s := range v.Series {
			label := s.Label
			if label == "" {
				label = fmt.Sprintf("series %d", k+1)
			}
			lower := label
			if s.Mark == Area {
				lower += " (lower)"
			}
			for j, x := range s.X {
				row(name, lower, x, s.Y[j])
			}
			for j := range s.Hi {
				row(name, label+" (upper)", s.X[j], s.Hi[j])
			}
		}
	}
	w.Flush()
	return b.Bytes()
}

// panelNames are the titles, numbered where they are missing or not unique.
func (f *Figure) panelNames() []string {
	count := map[string]int{}
	for _, v := range f.views {
		count[v.Title]++
	}
	names := make([]string, len(f.views))
	for i, v := range f.views {
		switch {
		case v.Title == "":
			names[i] = fmt.Sprintf("panel %d", i+1)
		case count[v.Title] > 1:
			names[i] = fmt.Sprintf("%s (panel %d)", v.Title, i+1)
		default:
			names[i] = v.Title
		}
	}
	return names
}

// Save writes name.png, name.svg and name.csv into a folder, which it makes,
// and returns their paths.
func (f *Figure) Save(dir, name string) ([]string, error) {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, errors.Errorf("figure: Save: got name %q, want a plain file name without extension", name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errors.Wrapf(err, "figure: Save: %s", name)
	}
	var paths []string
	for _, format := range []struct {
		ext     string
		content []byte
	}{{".png", f.PNG()}, {".svg", []byte(f.SVG())}, {".csv", f.CSV()}} {
		path := filepath.Join(dir, name+format.ext)
		if err := file.WriteBytes(path, format.content); err != nil {
			return nil, errors.Wrap(err, "figure: Save")
		}
		paths = append(paths, path)
	}
	return paths, nil
}
