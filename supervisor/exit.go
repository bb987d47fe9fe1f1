package supervisor

import (
	"fmt"
	"syscall"
)

// Exit is how a main process ended. The zero value is a clean end.
type Exit struct {
	Code   int            // if Signal is 0; -1 if nobody saw how it ended
	Signal syscall.Signal // that killed it; 0 if it ended by itself
	Core   bool           // and left a core file
}

// Clean tells whether the program ended by itself and says that all is well.
func (e Exit) Clean() bool { return e.Code == 0 && e.Signal == 0 }

// String is "exit 1" or "signal killed", or "exit unseen".
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal " + e.Signal.String()
	}
	if e.Code < 0 {
		return "exit unseen"
	}
	return fmt.Sprintf("exit %d", e.Code)
}
