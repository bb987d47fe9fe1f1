package standby

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// tools are programs that do nothing but start another program and wait for that one's end.
var tools = []string{
	"env", "nice", "ionice", "chrt", "taskset", "timeout", "setsid", "nohup", "stdbuf", "make", "gmake", "just", "task",
	"tini", "dumb-init", "catatonit", "gosu", "su-exec", "direnv", "mise", "volta-shim", "fnm",
}

// Leads reports whether a process reads no code for itself. It only starts other processes, or transforms code for them.
func (p Process) Leads() bool {
	return isShell(p.Name()) || slices.Contains(tools, p.Name()) || p.RunsPackages() || isService(p)
}

func isShell(name string) bool {
	return slices.Contains([]string{"sh", "dash", "bash", "ash", "zsh", "ksh", "mksh", "busybox"}, name)
}

// Rules say which processes may lead to the main process of a language runtime.
type Rules struct {
	Name   string
	IsMain func(exe string) bool // by the file's name
	// IsLauncher reports whether a process only starts the main process, or would wait itself in a standby.
	IsLauncher func(p Process) bool
	// RunsAlone reports whether a launcher runs nothing before the main process, not even a shell. Nil: no launcher does so.
	RunsAlone func(p Process) bool
	// StartsAlone reports whether a command is a main process, such a launcher, or a shell's script that becomes one of
	// these, as pnpm writes. Nil: no command is.
	StartsAlone func(command string) bool
}

// inPackage finds the package of a file, without its scope.
var inPackage = lazy.Pattern(`^.*/node_modules/(?:@[^/]+/)?([^./@][^/]*)/`)

// command returns the name by which people start a process: pnpm starts node …/node_modules/pino-pretty/bin.js.
func (p Process) command() string {
	if !handoff.IsNode(p.Name()) || len(p.Argv) < 2 {
		return p.Name()
	}
	if m := inPackage().FindStringSubmatch(p.Argv[1]); m != nil {
		return m[1]
	}
	return filepath.Base(p.Argv[1])
}

// ErrPiped says that the program's output goes to another program of the same command.
var ErrPiped = errors.New("its output goes through a pipe to")

// Eligible returns why a second start of the command would do more than wait; nil: every process on the path to main only
// leads there. procs are the generation's processes, and root is the first.
func (r Rules) Eligible(procs []Process, root, main int) error {
	byPID := byPID(procs)
	path := ProcessPath(procs, root, main)
	if path == nil {
		return errors.New("its program is not below its command")
	}
	for _, p := range procs {
		if !slices.ContainsFunc(path, func(q Process) bool { return q.PID == p.PID }) && !below(byPID, p, main) && !isService(p) {
			if out := byPID[main].Output[0]; strings.HasPrefix(out, "pipe:") && out != byPID[root].Output[0] {
				name := p.command()
				return fmt.Errorf("%w %s, which would run twice; pipe hotswap's output instead: hotswap -- … | %s", ErrPiped, name, name)
			}
			return fmt.Errorf("%s runs beside the program", p.Name())
		}
	}
	first := byPID[root]
	for _, p := range path {
		if err := r.leads(p, p.PID == main, r.startedAlone(p, byPID[p.PPID], root)); err != nil {
			return err
		}
		for n := range p.Output {
			if out := p.Output[n]; out != first.Output[n] && isFile(out) {
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
	case p.Waited && !(alone && r.RunsAlone != nil && r.RunsAlone(p)):
		return fmt.Errorf("%s has run something before the program", name)
	case r.IsLauncher(p):
	case isShell(name):
		text := p.Script
		if i := slices.IndexFunc(p.Argv, isDashC); i > 0 && i+1 < len(p.Argv) {
			text = p.Argv[i+1]
		}
		if err := harmless(text); err != nil {
			return err
		}
	case !slices.Contains(tools, name):
		return fmt.Errorf("%s may do more than to start the program", name)
	}
	return harmless(p.Var("npm_lifecycle_script"))
}

func isDashC(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && arg[1] != '-' && strings.HasSuffix(arg, "c")
}

var (
	duplicate = lazy.Pattern(`\d*>&\s*\d|\d*>\s*/dev/null`)
	builtin   = lazy.Pattern(`(^|[\s;&|({])(kill|eval|source|trap|\.)\s`)
)

// harmless returns what a shell does without another process, which hotswap cannot observe; nil: nothing.
func harmless(text string) error {
	if strings.Contains(duplicate().ReplaceAllString(text, ""), ">") {
		return errors.New("its shell writes to a file")
	}
	if found := builtin().FindStringSubmatch(text); found != nil {
		return fmt.Errorf("its shell does %q", found[2])
	}
	return nil
}

// startedAlone reports whether a process that has waited for children has run the same program from its start on, or was a
// shell's script that only looked for that program. Another shell may have run a step first, and then become the program by
// exec. [Stepped] judges the first process.
func (r Rules) startedAlone(p, parent Process, root int) bool {
	if p.PID == root || r.RunsAlone != nil && r.RunsAlone(parent) {
		return true
	}
	text := p.Var("npm_lifecycle_script")
	return single(text) && r.StartsAlone != nil && r.StartsAlone(command(text))
}

// single reports whether a shell's text is one command.
func single(text string) bool { return !strings.ContainsAny(text, ";&|\n`(") }

// command is the first command of a shell's text, behind its variables.
func command(text string) string {
	for _, word := range strings.Fields(text) {
		if !strings.Contains(word, "=") {
			return filepath.Base(strings.Trim(word, `"'`))
		}
	}
	return ""
}

// Stepped returns why a command may run more than one step in a shell; nil: it runs one. Callers ask if a process of the
// path has waited for children. files are those that the command names.
func Stepped(argv, files []string) error {
	steps := handoff.Never("its shell may have run something before the program")
	if len(argv) > 0 && isShell(filepath.Base(argv[0])) {
		if i := slices.IndexFunc(argv, isDashC); i > 0 && i+1 < len(argv) && !single(argv[i+1]) {
			return steps
		}
	}
	for _, path := range files {
		if isScript(Head(path)) && !leadsOnly(path) {
			return steps
		}
	}
	return nil
}

func byPID(procs []Process) map[int]Process {
	out := map[int]Process{}
	for _, p := range procs {
		out[p.PID] = p
	}
	return out
}

// Uppermost returns the only process for which is reports true and which is below no process for which above does. ok is
// false if there are several such processes, or none.
func Uppermost(procs []Process, is, above func(Process) bool) (pid int, ok bool) {
	byPID := byPID(procs)
	for _, p := range procs {
		if !is(p) || slices.ContainsFunc(procs, func(o Process) bool { return o.PID != p.PID && above(o) && below(byPID, p, o.PID) }) {
			continue
		}
		if ok {
			return 0, false
		}
		pid, ok = p.PID, true
	}
	return pid, ok
}

// below reports whether a process is a descendant of another.
func below(byPID map[int]Process, p Process, of int) bool {
	for range len(byPID) {
		if p.PPID == of {
			return true
		}
		next, ok := byPID[p.PPID]
		if !ok {
			return false
		}
		p = next
	}
	return false
}

// isService reports whether a process is esbuild's helper, which only answers.
func isService(p Process) bool {
	return p.Name() == "esbuild" && slices.ContainsFunc(p.Argv, func(a string) bool { return strings.HasPrefix(a, "--service") })
}

func isFile(link string) bool {
	return filepath.IsAbs(link) && !strings.HasPrefix(link, "/dev/")
}
