package standby

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Process is one of a generation's processes.
type Process struct {
	PID, PPID int
	Exe       string   // the file that it runs; "" if unknown
	Argv      []string // as it is now: a program may have put a title in its place
	Env       []string // as it began
	Dir       string
	Waited    bool      // the process has waited for a child, under this program or the one before an exec
	Faults    string    // the minor faults of those children, of which each child has some
	Output    [2]string // where descriptors 1 and 2 lead to
	Script    string    // the text of a shell's script that is a file
}

func (p Process) Name() string { return filepath.Base(p.Exe) }

func (p Process) Var(name string) string { return handoff.Value(p.Env, name) }

// Lifecycle returns the script for which a package manager has started the process, but none above hotswap.
func (p Process) Lifecycle() string {
	const name = "npm_lifecycle_script"
	if text := p.Var(name); text != os.Getenv(name) {
		return text
	}
	return ""
}

// NodeRun is how Node itself runs a script of package.json.
const NodeRun = "node --run"

// runner matches what else than a package manager runs such a script.
var runner = lazy.Pattern(`^(?:\S*/)?(` + NodeRun + `|bun run) (\S+)$`)

// Manages returns what a package manager was told, as in [npm run dev]; nil: the process is none. command is what the
// process was told, where that is known: a title may have taken the place of its arguments.
func (p Process) Manages(command []string) []string {
	if by := runner().FindStringSubmatch(strings.Join(p.Argv, " ")); by != nil {
		m, _ := ReadManifest(p.Dir)
		// Bun's own shell may do more, without a process.
		if s, _ := launchers.Read(m.Scripts["pre"+by[2]] + "\n" + m.Scripts[by[2]]); s.Single() {
			return by[1:]
		}
	}
	words := launchers.ManagerWords(command)
	switch {
	case !handoff.IsNode(p.Name()):
		return nil
	case words != nil:
	case launchers.Titled(p.Argv):
		words = launchers.ManagerWords(strings.Fields(p.Argv[0]))
	case len(p.Argv) > 1 && IsManager(p.Argv, p.Dir):
		words = launchers.ManagerWords(p.Argv[1:])
	}
	return words
}

// Package returns the package of the file that Node was told to run; "": none.
func (p Process) Package() string {
	if !handoff.IsNode(p.Name()) || len(p.Argv) < 2 {
		return ""
	}
	return launchers.PackageOf(regular.Real(regular.Absolute(p.Argv[1], p.Dir)))
}

// IsManager reports whether Node with these arguments runs a package manager.
func IsManager(argv []string, dir string) bool {
	return launchers.IsManager(regular.Real(regular.Absolute(argv[1], dir)))
}

// RunsPackages reports whether a process is npm or the like, which only starts a script's command.
func (p Process) RunsPackages() bool { return p.Manages(nil) != nil }

// ReadProcesses reads the processes in /proc (proc(5)), and leaves out those that have ended.
func ReadProcesses(pids []int) ([]Process, error) {
	var out []Process
	for _, pid := range pids {
		p, ended, err := readProcess(pid)
		if err != nil {
			return nil, fmt.Errorf("process %d: %w", pid, err)
		}
		if !ended {
			out = append(out, p)
		}
	}
	return out, nil
}

func readProcess(pid int) (p Process, ended bool, err error) {
	dir := procfs.Of(pid)
	stat, err := dir.Stat()
	if procfs.Over(err) || err == nil && stat.State() == 'Z' {
		return p, true, nil
	}
	if err != nil {
		return p, false, err
	}
	// A child that its parent has waited for adds its minor faults, of which each process has some, to the parent's
	// cminflt.
	faults := stat.Field(11)
	p = Process{
		PID: pid, PPID: int(stat.Number(4)), Waited: faults != "0", Faults: faults,
		Exe: dir.Exe(), Dir: dir.Link("cwd"), Argv: dir.Words("cmdline"), Env: dir.Words("environ"),
		Output: [2]string{dir.Link("fd/1"), dir.Link("fd/2")},
	}
	if launchers.IsShell(p.Name()) {
		p.Script = script(p)
	}
	return p, false, nil
}

// script returns the text of the file that a shell runs, or "".
func script(p Process) string {
	_, file := launchers.Runs(p.Argv)
	if file == "" {
		return ""
	}
	b := Head(regular.Absolute(file, p.Dir))
	if len(b) == 0 || len(b) == headMost {
		return "> not to be read"
	}
	return string(b)
}
