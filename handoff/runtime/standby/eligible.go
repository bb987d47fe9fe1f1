package standby

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/launchers"
)

// Leads reports whether a process reads no code for itself. It only starts other processes, or transforms code for
// them.
func (p Process) Leads() bool {
	return launchers.Leads(p.Name()) || p.RunsPackages() || isService(p)
}

// Rules say which processes may lead to the main process of a language runtime.
type Rules struct {
	Name   string
	IsMain func(exe string) bool // by the file's name
	// IsLauncher reports whether a process only starts the main process, or would wait itself in a standby.
	IsLauncher func(p Process) bool
}

// command returns the name by which people start a process: pnpm starts node …/node_modules/pino-pretty/bin.js.
func (p Process) command() string {
	if !handoff.IsNode(p.Name()) || len(p.Argv) < 2 {
		return p.Name()
	}
	if pkg := launchers.PackageOf(p.Argv[1]); pkg != "" && pkg != ".bin" {
		return path.Base(pkg)
	}
	return filepath.Base(p.Argv[1])
}

// ErrPiped says that the program's output goes to another program of the same command.
var ErrPiped = errors.New("its output goes through a pipe to")

// Eligible returns why a second start of the command would do more than wait; nil: every process on the path to main
// only leads there. procs are the generation's processes, and root is the first.
func (r Rules) Eligible(procs []Process, root, main int) error {
	path := ProcessPath(procs, root, main)
	if path == nil {
		return errors.New("its program is not below its command")
	}
	first, last := path[0], path[len(path)-1]
	for _, p := range procs {
		if !slices.ContainsFunc(path, func(q Process) bool { return q.PID == p.PID }) &&
			ProcessPath(procs, main, p.PID) == nil && !isService(p) {
			if out := last.Output[0]; strings.HasPrefix(out, "pipe:") && out != first.Output[0] {
				name := p.command()
				return fmt.Errorf("%w %s, which would run twice; pipe hotswap's output instead: hotswap -- … | %s",
					ErrPiped, name, name)
			}
			return fmt.Errorf("%s runs beside the program", p.Name())
		}
	}
	for i, p := range path {
		if err := r.leads(p, p.PID == main, i == 0 || r.startedAlone(p, path[i-1])); err != nil {
			return err
		}
		for n, out := range p.Output {
			if out != first.Output[n] && filepath.IsAbs(out) && !strings.HasPrefix(out, "/dev/") {
				return fmt.Errorf("it writes to the file %s", out)
			}
		}
	}
	return nil
}

// leads returns why a process of the path does more than lead to the main process.
func (r Rules) leads(p Process, main, alone bool) error {
	name := p.Name()
	switch {
	case main && !r.IsMain(name):
		return fmt.Errorf("%s is not %s", name, r.Name)
	case main && p.Waited && !alone:
		return errors.New("it may have run something before the program")
	case main:
	case p.Waited && !(alone && launchers.Of(p.Package()).Alone):
		return fmt.Errorf("%s has run something before the program", name)
	case r.IsLauncher(p):
	case launchers.IsShell(name):
		text, _ := launchers.Runs(p.Argv)
		if err := cmp.Or(launchers.Harmless(text), launchers.Harmless(p.Script)); err != nil {
			return err
		}
	case !p.Leads():
		return fmt.Errorf("%s may do more than to start the program", name)
	}
	return launchers.Harmless(p.Lifecycle())
}

// startedAlone reports whether a process that has waited for children has run the same program from its start on, or
// was a shell's script that only looked for that program. Another shell may have run a step first, and then become the
// program by exec. [Stepped] judges the first process.
func (r Rules) startedAlone(p, parent Process) bool {
	if launchers.Of(parent.Package()).Alone {
		return true
	}
	s, _ := launchers.Read(p.Lifecycle())
	return s.Single() && (r.IsMain(s.Commands[0].Name()) || launchers.Named(s.Commands[0].Name()).Alone)
}

// Stepped returns why a command does something by itself, or may run more than one step in a shell. waited: a process
// of the path has waited for children. Nobody sees a shell that has become the program by exec, so the scripts that the
// command names are read.
func Stepped(argv, scripts []string, waited bool) error {
	for _, text := range scripts {
		if err := launchers.Harmless(text); err != nil {
			return handoff.Never(err.Error())
		}
	}
	stepped := len(scripts) > 0
	if text, _ := launchers.Runs(argv); text != "" && launchers.IsShell(filepath.Base(argv[0])) {
		s, _ := launchers.Read(text)
		stepped = stepped || !s.Single()
	}
	if waited && stepped {
		return handoff.Never("its shell may have run something before the program")
	}
	return nil
}

// Uppermost returns the only process for which is reports true and which is below no process for which above does. ok
// is false if there are several such processes, or none.
func Uppermost(procs []Process, is, above func(Process) bool) (pid int, ok bool) {
	for _, p := range procs {
		if !is(p) ||
			slices.ContainsFunc(procs, func(o Process) bool {
				return o.PID != p.PID && above(o) && ProcessPath(procs, o.PID, p.PID) != nil
			}) {
			continue
		}
		if ok {
			return 0, false
		}
		pid, ok = p.PID, true
	}
	return pid, ok
}

// isService reports whether a process is esbuild's helper, which only answers.
func isService(p Process) bool {
	return p.Name() == "esbuild" && slices.ContainsFunc(p.Argv, func(a string) bool {
		return strings.HasPrefix(a, "--service")
	})
}
