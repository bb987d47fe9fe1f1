package standby

import "github.com/hotswap-dev/hotswap/handoff"

// ErrNoProcess says that the runtime executes none of the generation's processes.
const ErrNoProcess = handoff.Unknown("no process tells what it has loaded")

// Program is the main process of a generation, with what the process has loaded.
type Program interface {
	PID() int
	// Key identifies the program among all: the runtime and its version, the command and the folder.
	Key() string
	// Names returns words that may name files on the way to the program, besides the command lines of the path, and the
	// folders of these files.
	Names(path []Process) (words, dirs []string)
	// Rereads reports whether the program reads a file after its standby is resumed: then a change does not matter.
	Rereads(file string) bool
	// Spec describes a standby or a rehearsal. An error says why none is possible.
	Spec(Request) (Spec, error)
}

// Request is what a runtime needs to describe a standby. The runtime adds to the question what it knows.
type Request struct {
	Argv  []string   // the command
	Path  []Process  // that leads to the program's process, the last
	Named []string   // files that are named on the way
	Known *Knowledge // of the program
	Question
}
