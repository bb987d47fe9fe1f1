package proc

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Spec describes a program to run. Its descriptors stay the caller's. The keeper gets as JSON what its arguments, environment and
// descriptors do not tell.
type Spec struct {
	Argv      []string `json:"-"`
	Env       []string `json:"-"` // complete; the last value of a variable counts
	Dir       string   `json:"-"` // default: the current one
	Path      string   // of the program's file; default: Argv[0], by PATH
	Pipes     string   // a folder in which the keeper has a pipe for the program, as tsx has one; "": it has none
	Stdio     [3]int   `json:"-"` // descriptors of standard input, output and error
	Files     []Inherit
	ListenPID bool   // sets the variable LISTEN_PID to the program's process ID
	Filter    []byte // a seccomp program with a listener, or nil
	Title     string `json:"-"` // of the keeper in a process list, as in "generation 7"
	Low       bool   // other programs come before the program and all below
}

// Inherit passes a descriptor FD to the program as descriptor At, 3 or more.
type Inherit = handoff.Inherit

// Exit describes the end of the program's first process.
type Exit = handoff.Exit

// StartError reports why a program did not start.
type StartError struct {
	Argv []string
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("start %s: %v", e.Argv[0], e.Err) }
func (e *StartError) Unwrap() error { return e.Err }
