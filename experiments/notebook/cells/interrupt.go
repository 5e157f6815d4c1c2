package cells

import (
	"context"
	"reflect"
	"sync"

	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
)

// interruptible is the root of the contexts that cells have.
var interruptible struct {
	sync.Mutex
	context.Context
	cancel context.CancelFunc
	taken  bool // by the cell that runs
}

func init() {
	renew()
	for _, name := range []string{"Background", "TODO"} {
		imports.Packages["context"].Binds[name] = reflect.ValueOf(background)
	}
}

func renew() { interruptible.Context, interruptible.cancel = context.WithCancel(context.Background()) }

// background is what context.Background is to a cell.
func background() context.Context {
	interruptible.Lock()
	defer interruptible.Unlock()
	interruptible.taken = true
	return interruptible.Context
}

// Begin says that a cell begins.
func Begin() {
	interruptible.Lock()
	defer interruptible.Unlock()
	interruptible.taken = false
}

// Interrupt stops the cell that runs: what it has called with a context, whose it may be,
// returns; and a cell that has none, or is interrupted again, ends where it is in code of its
// own. Compiled code without a context runs to its end.
func Interrupt(ir *fast.Interp) {
	interruptible.Lock()
	defer interruptible.Unlock()
	if !interruptible.taken {
		ir.Interrupt(nil)
	}
	interruptible.cancel()
	interruptible.taken = false
	renew()
}
