package handoff

import (
	"fmt"
	"syscall"
)

// Exit is how the first process of a program ended. The zero value is a clean end.
type Exit struct {
	Code   int            // exit status if Signal is 0; -1: not known
	Signal syscall.Signal // that killed the program, or 0
	Core   bool           // dumped core
	Left   int            // number of descendants that are still alive
}

// Status returns the exit code as a shell does: 128+n for signal n.
func (e Exit) Status() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return e.Code
}

// Clean reports whether the program exited with code 0.
func (e Exit) Clean() bool { return e.Code == 0 && e.Signal == 0 }

// String returns "exit 1", "signal killed" or "exit unseen".
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal " + e.Signal.String()
	}
	if e.Code < 0 {
		return "exit unseen"
	}
	return fmt.Sprintf("exit %d", e.Code)
}
