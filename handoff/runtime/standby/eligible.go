package standby

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// tools are programs that do nothing of their own before the one that they start,
// or wait for what they do.
var tools = []string{
	"env", "nice", "ionice", "chrt", "taskset", "timeout", "setsid", "nohup", "stdbuf", "make", "gmake", "just", "task",
	"tini", "dumb-init", "catatonit", "gosu", "su-exec", "direnv", "mise", "volta-shim", "fnm",
}

func isShell(name string) bool {
	return slices.Contains([]string{"sh", "dash", "bash", "ash", "zsh", "ksh", "mksh", "busybox"}, name)
}

// Runtime is what runs a program and can make it wait.
type Runtime struct {
	Name string
	Is   func(exe string) bool // by the name of the file
	// Leads tells of a process of the runtime, or of another one, that it only leads
	// to the main one, or would be made to wait, too.
	Leads func(p Process) bool
	// Alone tells of such a process that it runs nothing before the main one, and no
	// shell. Nil: none does so.
	Alone func(p Process) bool
	// Starts tells of a command that it is such a process, or a main one, or a shell's
	// script that finds out where that is and becomes it, as pnpm writes them.
	Starts func(command string) bool
}

// Eligible says why a second tree of the same command, whose main process waits,
// would do more than to wait: nil, if every other step of the way to it only leads
// there. The generation's processes are known, root is its first one, and main the
// one that is to wait.
func (r Runtime) Eligible(procs []Process, root, main int) error {
	byPID := map[int]Process{}
	for _, p := range procs {
		byPID[p.PID] = p
	}
	way := Way(procs, root, main)
	if way == nil {
		return errors.New("its program is not below its command")
	}
	for _, p := range procs {
		if !slices.ContainsFunc(way, func(q Process) bool { return q.PID == p.PID }) && !Below(byPID, p, main) && !isService(p) {
			return fmt.Errorf("%s runs beside the program", p.Name())
		}
	}
	first := byPID[root]
	for _, p := range way {
		if err := r.leads(p, p.PID == main, r.begunAlone(p, byPID[p.PPID], root)); err != nil {
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

// leads says why a process of the chain does more than to lead to the main one. It
// has begun as what it is, alone.
func (r Runtime) leads(p Process, main, alone bool) error {
	name := p.Name()
	switch {
	case main && !r.Is(name):
		return fmt.Errorf("%s is not %s", name, r.Name)
	case main && p.Waited && !alone:
		return errors.New("it may have run something before the program")
	case main:
	case p.Waited && !(alone && r.Alone != nil && r.Alone(p)):
		return fmt.Errorf("%s has run something before the program", name)
	case r.Leads(p):
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
	duplicate = regexp.MustCompile(`\d*>&\s*\d|\d*>\s*/dev/null`)
	deed      = regexp.MustCompile(`(^|[\s;&|({])(kill|eval|source|trap|\.)\s`)
)

// harmless says what a shell does by itself, for which it starts no process that
// could be known of.
func harmless(text string) error {
	if strings.Contains(duplicate.ReplaceAllString(text, ""), ">") {
		return errors.New("its shell writes to a file")
	}
	if found := deed.FindStringSubmatch(text); found != nil {
		return fmt.Errorf("its shell does %q", found[2])
	}
	return nil
}

// begunAlone tells that a process that has waited for children did so as what it is,
// or as a shell's script that only found out where it is; and not as a shell that
// ran a step before, and became it by exec. Of root, Stepped tells.
func (r Runtime) begunAlone(p, parent Process, root int) bool {
	if p.PID == root || r.Alone != nil && r.Alone(parent) {
		return true
	}
	text := p.Var("npm_lifecycle_script")
	return single(text) && r.Starts != nil && r.Starts(command(text))
}

// single tells that a shell's text is one command.
func single(text string) bool { return !strings.ContainsAny(text, ";&|\n`(") }

// command is what a shell's text begins with, behind its variables.
func command(text string) string {
	for _, word := range strings.Fields(text) {
		if !strings.Contains(word, "=") {
			return filepath.Base(strings.Trim(word, `"'`))
		}
	}
	return ""
}

// Stepped says why a command that a shell runs, or has run before it became the
// program, may have more steps: to be asked if a process of the way has waited for
// children. The files are those that it names.
func Stepped(argv, files []string) error {
	steps := never{errors.New("its shell may have run something before the program")}
	if len(argv) > 0 && isShell(filepath.Base(argv[0])) {
		if i := slices.IndexFunc(argv, isDashC); i > 0 && i+1 < len(argv) && !single(argv[i+1]) {
			return steps
		}
	}
	for _, path := range files {
		if isScript(head(path)) && !leadsOnly(path) {
			return steps
		}
	}
	return nil
}

// Below tells whether a process is a descendant of one.
func Below(byPID map[int]Process, p Process, of int) bool {
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

// isService tells of esbuild's helper, which does what it is asked.
func isService(p Process) bool {
	return p.Name() == "esbuild" && slices.ContainsFunc(p.Argv, func(a string) bool { return strings.HasPrefix(a, "--service") })
}

func isFile(link string) bool {
	return filepath.IsAbs(link) && !strings.HasPrefix(link, "/dev/")
}
