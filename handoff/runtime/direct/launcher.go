package direct

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// lifecycle is the variable of package managers with the name of the script that they run.
const lifecycle = "npm_lifecycle_event"

// launcher returns the name of what a process runs, or says why the process may do more than to start the next one.
// command is what the process was told to run, where that is known; nil: its arguments say so.
func (j *judge) launcher(p, next standby.Process, command []string, last bool) (string, error) {
	if leftShell(p.Name()) {
		if !isDashC(p.Argv) {
			return "sh", errors.New("its shell runs more than one command")
		}
		return "sh", j.runs(p.Argv[2], p, next)
	}
	if words := p.Manages(command); words != nil {
		return words[0], j.manages(words, next)
	}
	pkg := p.Package()
	switch l := launchers.Of(pkg); {
	case !l.Out:
	case l.Kind == launchers.Loader && !last:
		return pkg, fmt.Errorf("%s does not start the program itself", pkg)
	case l.Kind == launchers.Loader && len(p.Argv) > 2 && p.Argv[2] == "watch":
		return pkg, fmt.Errorf("%s watch restarts the program", pkg)
	case l.Kind == launchers.Loader:
		return pkg, nil
	case l.Kind == launchers.Wrapper:
		words, sets := setCommand(p.Argv[2:])
		err := j.becomes(words, standby.Process{Dir: p.Dir, Env: next.Env}, next)
		if !l.Reads {
			err = cmp.Or(err, explains(p, next, sets))
		}
		return pkg, err
	}
	return p.Name(), fmt.Errorf("%s may do more than to start the program", p.Name())
}

// leftShell reports whether a shell that gets one command by -c may be left out.
func leftShell(name string) bool {
	l := launchers.Named(name)
	return l.Kind == launchers.Shell && l.Out
}

func isDashC(argv []string) bool {
	return len(argv) == 3 && argv[1] == "-c" && leftShell(filepath.Base(argv[0]))
}

// explains says which variable a process has that neither the one before it had nor its command sets.
func explains(from, next standby.Process, sets []string) error {
	known := append(sets, "_", "PWD", "OLDPWD", "SHLVL", "NODE_PATH") // of shells, and of pnpm's scripts
	for _, kv := range next.Env {
		if name, _, _ := strings.Cut(kv, "="); !slices.Contains(known, name) && !slices.Contains(from.Env, kv) {
			return fmt.Errorf("it is not known what has set the variable %s", name)
		}
	}
	return nil
}

// setCommand returns the command behind the variables and options of a setter, and the variables' names.
func setCommand(args []string) (words, sets []string) {
	for len(args) > 0 {
		word := args[0]
		name, _, is := strings.Cut(word, "=")
		switch option := strings.HasPrefix(word, "-"); {
		case word == "--":
			return args[1:], sets
		case option && len(args) > 1 && !is && !strings.HasPrefix(args[1], "-"):
			args = args[2:] // its value
		case option, is:
			sets, args = append(sets, name), args[1:]
		default:
			return args, sets
		}
	}
	return nil, sets
}

// quiet are options of package managers that say nothing of what they start.
var quiet = strings.Fields("-s --silent -y --yes")

// packageOptions are options that name the package.
var packageOptions = strings.Fields("-w --workspace --prefix -C --dir")

// manages says why a package manager does more than to start next.
func (j *judge) manages(words []string, next standby.Process) error {
	name, args := words[0], words[1:]
	if l := launchers.Named(name); l.Kind != 0 && !l.Out {
		return fmt.Errorf("%s may do more than to start the program", name)
	}
	if next.Var("npm_config_workspaces") != "" {
		return errors.New("npm runs a script in each workspace")
	}
	var plain []string
	seen := map[string]bool{}
	for len(args) > 0 && args[0] != "--" {
		word := args[0]
		args = args[1:]
		option, _, has := strings.Cut(word, "=")
		switch {
		case !strings.HasPrefix(word, "-"):
			plain = append(plain, word)
			if name != "npm" && !slices.Contains(strings.Fields("run run-script exec x"), word) {
				plain, args = append(plain, args...), nil // of the command
			}
		case slices.Contains(quiet, word):
		case slices.Contains(packageOptions, option) && !seen[option]:
			seen[option] = true
			if !has && len(args) > 0 {
				args = args[1:]
			}
		case len(plain) > 0 && plain[0] == "exec": // of the command
		default:
			return fmt.Errorf("%s has the option %s", name, word)
		}
	}
	plain = append(plain, args[min(1, len(args)):]...)
	// npm restart runs the script stop before start
	event, ran := next.Var(lifecycle), next.Var("npm_lifecycle_script")
	switch {
	case name == "npx" || name == "pnpx":
		return j.started(plain, "", next)
	case len(plain) > 0 && slices.Contains(strings.Fields("exec x dlx"), plain[0]):
		return j.started(plain[1:], "", next)
	}
	m, ok := standby.ReadManifest(next.Dir)
	scripts := m.Scripts
	if name == standby.NodeRun { // which leaves npm's variables as they were
		event = words[1]
		ran = scripts[event]
	}
	switch {
	case !ok:
		return fmt.Errorf("package.json in %s cannot be read", next.Dir)
	case scripts["pre"+event] != "" || scripts["post"+event] != "":
		return fmt.Errorf("the script %s has one that runs before or after it", event)
	case !slices.Contains(plain, event) || scripts[event] == "",
		!strings.HasPrefix(ran, scripts[event]):
		return fmt.Errorf("it is not known how %s starts the script %s", name, event)
	}
	return j.started(nil, scripts[event], next)
}

// started says why what a package manager starts may do more than to become next: the shell of a text, or what a text
// or else the words of a command lead to, because some shells become their last command.
func (j *judge) started(words []string, text string, next standby.Process) error {
	shell := j.find("sh", next)
	real, _ := filepath.EvalSymlinks(shell)
	switch {
	case !leftShell(filepath.Base(real)) || strings.HasPrefix(string(standby.Head(real)), "#!"):
		return fmt.Errorf("%s is no shell that hotswap knows", shell)
	case isDashC(next.Argv) && slices.Contains([]string{"sh", "/bin/sh"}, next.Argv[0]) &&
		regular.Same(j.find(next.Argv[0], next), next.Exe) && strings.HasPrefix(next.Argv[2], text):
		return nil // which is judged itself
	case text != "":
		return j.runs(text, next, next)
	}
	return j.becomes(words, next, next)
}
