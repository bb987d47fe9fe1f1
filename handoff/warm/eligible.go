package warm

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
		if err := r.leads(p, p.PID == main); err != nil {
			return err
		}
		for n := range p.Output {
			if out := p.Output[n]; out != first.Output[n] && isFile(out) {
				return fmt.Errorf("it writes to the file %s", out)
			}
		}
	}
	if p := byPID[main]; p.Waited && !r.begunAlone(p, byPID[p.PPID], root) {
		return errors.New("it may have run something before the program")
	}
	return nil
}

// leads says why a process of the chain does more than to lead to the main one.
func (r Runtime) leads(p Process, main bool) error {
	name := p.Name()
	switch {
	case main && !r.Is(name):
		return fmt.Errorf("%s is not %s", name, r.Name)
	case main:
	case p.Waited:
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

// begunAlone tells that a main process that has waited for children did so as what
// it is, and not as the shell that it was before exec.
func (r Runtime) begunAlone(p, parent Process, root int) bool {
	if text := p.Var("npm_lifecycle_script"); text != "" {
		return !strings.ContainsAny(text, ";&|\n`(")
	}
	return p.PID == root || r.Leads(parent)
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
