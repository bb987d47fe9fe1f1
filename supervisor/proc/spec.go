package proc

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// Spec says what to run. Descriptors stay the caller's; they are inherited, or
// duplicated, while Start runs.
type Spec struct {
	Argv []string
	Env  []string // complete; nil means none; of a variable's values the last counts
	Dir  string   // "" means the current one
	// Stdio are the descriptors of standard input, output and error.
	Stdio [3]int
	// Files are passed on at these numbers, each 3 or more.
	Files []Inherit
	// ListenPID sets the variable LISTEN_PID to the program's id.
	ListenPID bool
	// Filter is a seccomp program with a listener, or nil.
	Filter []byte
	// Terminal is given back if this process is killed; nil: nothing is. Linux
	// only, where there is a keeper to do it.
	Terminal *tty.Borrowed
	// Outlets are where the program's output goes: what is written to the pipes
	// and terminals that it has comes out at From, where this process reads it,
	// and goes on to To. They are passed on by the keeper for as long as the
	// program outlives this process. Linux only.
	Outlets []Outlet
	// Ahead: the program is started ahead of its time, and gives way to others
	// until Release. If this process is killed before, it ends at once, and
	// nothing of what it has written goes anywhere. Linux only.
	Ahead bool
	// Title names the keeper in a process list, as in "generation 7".
	Title string
}

// lastOfEach is env with one value for each variable, as os/exec has it: the
// keeper's runtime would keep the first one instead.
func lastOfEach(env []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, kv := range slices.Backward(env) {
		key, _, _ := strings.Cut(kv, "=")
		if !seen[key] {
			out, seen[key] = append(out, kv), true
		}
	}
	slices.Reverse(out)
	return out
}

// Inherit is a descriptor of ours and the number that the program finds it at.
type Inherit struct {
	FD int
	At int
}

// Outlet is a pair of descriptors. Reading From does not block.
type Outlet struct {
	From int
	To   int
}

// Exit tells how the program's first process ended.
type Exit struct {
	Code   int            // exit status, if Signal is 0; -1: nobody saw how it ended
	Signal syscall.Signal // what killed it, or 0
	Core   bool           // and left a core file
	Left   int            // how many of its descendants still live
}

// Status is the exit code as a shell gives it: 128+n for signal n.
func (e Exit) Status() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return e.Code
}

// Clean reports whether the program ended by itself with code 0.
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

// StartError says why a program did not start.
type StartError struct {
	Argv []string
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("start %s: %v", e.Argv[0], e.Err) }
func (e *StartError) Unwrap() error { return e.Err }
