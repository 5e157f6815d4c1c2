package npz_test

import (
	"fmt"

	"spnode/data/npz"
)

func Example() {
	b, err := npz.Encode([]npz.Array{
		{Name: "g/0/W", Shape: []int{2, 3}, Data: []float64{1, 2, 3, 4, 5, 6}},
		{Name: "step", Data: []float64{17}}, // a number: no shape
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	arrays, err := npz.Decode(b) // in Python: np.load(file)["g/0/W"]
	for _, a := range arrays {
		fmt.Println(a.Name, a.Shape, a.Data)
	}
	fmt.Println(err)
	// Output:
	// g/0/W [2 3] [1 2 3 4 5 6]
	// step [] [17]
	// <nil>
}
