package figure

import (
	"image"
	"image/color"
	"testing"
)

// A picture of few colours keeps them, and of many each pixel has one that is
// near, the rare too.
func TestIndexed(t *testing.T) {
	few := image.NewRGBA(image.Rect(0, 0, 16, 16))
	many := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 256 {
		few.SetRGBA(i%16, i/16, color.RGBA{uint8(i), uint8(255 - i), 7, 255})
	}
	for i := range 64 * 64 { // 2048 colours of a plane, and one pixel of another
		many.SetRGBA(i%64, i/64, color.RGBA{uint8(4 * (i % 64)), uint8(8 * (i / 64 % 32)), 0, 255})
	}
	many.SetRGBA(5, 5, color.RGBA{0, 0, 255, 255})
	if worst := farthest(few, indexed(few)); worst != 0 {
		t.Errorf("256 colours: one is off by %d", worst)
	}
	// 256 colours are 16 a side of the plane: half of 256/16 in each channel, and
	// where the choice is not the best some more.
	if worst := farthest(many, indexed(many)); worst > 16 {
		t.Errorf("2049 colours: one is off by %d", worst)
	}
}

// farthest is the largest difference of a channel.
func farthest(a, b image.Image) (worst int) {
	box := a.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			p, q := color.RGBAModel.Convert(a.At(x, y)).(color.RGBA), color.RGBAModel.Convert(b.At(x, y)).(color.RGBA)
			for _, d := range []int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B)} {
				worst = max(worst, d, -d)
			}
		}
	}
	return worst
}
