package standby

import "github.com/hotswap-dev/hotswap/handoff"

// ErrNoProcess says that the runtime executes none of the generation's processes.
const ErrNoProcess = handoff.Unknown("no process tells what it has loaded")

// Program is the main process of a generation, with what the process has loaded.
type Program interface {
	Runtime() string
	PID() int
	// Key identifies the program among all programs of the runtime: the runtime's version, the command and the folder.
	Key() string
	// Names returns words that may name files on the way to the program, besides the command lines of the path, and the
	// folders of these files.
	Names(path []Process) (words, dirs []string)
	// Rereads reports whether the program reads a file after its standby is resumed: then a change does not matter.
	Rereads(file string) bool
	// Spec describes a standby or a rehearsal. An error says why none is possible.
	Spec(Request) (Spec, error)
}

// Request is what a runtime needs to describe a standby.
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

// Choose decides which of the packages the standby, or the rehearsal, loads; [Question] has sets and assumed.
func (q Request) Choose(packages []Package, sets, assumed map[string]string) Choice {
	return q.Known.Choose(packages, Question{q.Env(assumed), sets, assumed, q.Project, q.Behind, q.Wrapped, q.Rehearse})
}

// Env returns a function that returns a variable's value while packages are loaded: the assumed value, or else that with which
// the program's process starts.
func (q Request) Env(assumed map[string]string) func(name string) string {
	return func(name string) string {
		if value, ok := assumed[name]; ok {
			return value
		}
		return q.Path[len(q.Path)-1].Var(name)
	}
}
