package standby

import "github.com/hotswap-dev/hotswap/handoff"

// ErrNoProcess is the error of a runtime that executes none of a generation's processes.
const ErrNoProcess = handoff.Unknown("no process tells what it has loaded")

// Program is the main process of a generation, with what that has loaded.
type Program interface {
	Runtime() string
	PID() int
	// Key identifies the program among all that the runtime executes: its version, what it was
	// told to run, and where.
	Key() string
	// Names returns what may name files on the way to the program, besides the command
	// lines of the path, and folders in which these files are.
	Names(path []Process) (words, dirs []string)
	// Rereads reports whether the program reads a file after a standby is resumed, so
	// that its change does not matter.
	Rereads(file string) bool
	// Spec returns what a standby, or a rehearsal, holds and loads. An error says why there can
	// be none.
	Spec(Request) (Spec, error)
}

// Request is what a standby is wanted for.
type Request struct {
	Argv     []string   // the command
	Path     []Process  // that leads to the program's process, the last
	Named    []string   // files that are named on the way
	Project  []string   // packages that are code of the project, at least in part
	Behind   string     // why the program has to load all packages itself; "": they may be loaded ahead
	Wrapped  Wrapped    // by the program
	Known    *Knowledge // of the program
	Rehearse bool       // for a rehearsal
}

// Choose decides which of the packages the standby, or the rehearsal, loads. sets are the variables
// that the program sets, and assumed those that have a value while packages are loaded ahead.
func (q Request) Choose(packages []Package, sets, assumed map[string]string) Choice {
	return q.Known.Choose(packages, Question{q.Env(assumed), sets, assumed, q.Project, q.Behind, q.Wrapped, q.Rehearse})
}

// Env returns a function that returns a variable while packages are loaded ahead: as it is assumed,
// or else as the program's process starts with it.
func (q Request) Env(assumed map[string]string) func(name string) string {
	return func(name string) string {
		if value, ok := assumed[name]; ok {
			return value
		}
		return q.Path[len(q.Path)-1].Var(name)
	}
}
