package testkit

import (
	"fmt"
	"os"
	"sync"
)

// Unused names the helpers, the programs that a test binary can be, that no test has started, and reports whether there
// are any.
func Unused[F any](helpers map[string]F, used *sync.Map) (unused bool) {
	for name := range helpers {
		if _, ok := used.Load(name); !ok {
			fmt.Fprintf(os.Stderr, "no test uses the helper %q\n", name)
			unused = true
		}
	}
	return unused
}
