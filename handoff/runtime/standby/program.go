package standby

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrNoProcess is in the error of a runtime that executes none of a generation's processes.
var ErrNoProcess = errors.New("no process tells what it has loaded")

// Program is the main process of a generation, with what that has loaded.
type Program interface {
	Runtime() string
	PID() int
	// Names returns what may name files on the way to the program, besides the command
	// lines of the path, and folders in which these files are.
	Names(path []Process) (words, dirs []string)
	// Rereads reports whether the program reads a file after a standby is resumed, so
	// that its change does not matter.
	Rereads(file string) bool
	// Spec returns what a standby holds and loads. An error says why there can be none.
	Spec(Request) (Spec, error)
}

// Request is what a standby is wanted for.
type Request struct {
	Launch  *handoff.Launch // nil: only to learn whether there can be a standby
	Path    []Process       // that leads to the program's process, the last
	Named   []string        // files that are named on the way
	Exclude []string        // packages that are not to be loaded
	Bare    bool            // none is
}
