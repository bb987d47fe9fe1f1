package direct

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// setters are packages whose command sets variables and starts a command with its own standard streams.
var setters = []string{"cross-env", "dotenv-cli"}

// suffixes are ends of package managers' files.
var suffixes = []string{".js", ".cjs", ".mjs", "-cli"}

// lifecycle is the variable of package managers with the name of the script that they run.
const lifecycle = "npm_lifecycle_event"

// managers start the script of a package, or a command of a package.
var managers = []string{"npm", "npx", "pnpm", "pnpx", "yarn", "yarnpkg"}

// shells are programs that run one command as it stands, if they get it by -c.
var shells = []string{"sh", "dash", "bash", "busybox"}

// launcher returns the name of what a process runs, or says why the process may do more than to start the next one. command is
// what the process was told to run, where that is known; nil: its arguments say so.
func (j *judge) launcher(p, next standby.Process, command []string, last bool) (string, error) {
	if slices.Contains(shells, p.Name()) {
		if !isDashC(p.Argv) {
			return "sh", errors.New("its shell runs more than one command")
		}
		return "sh", j.runs(p.Argv[2], p, next)
	}
	if words := managerWords(p, command); words != nil {
		if on := managerWords(next, nil); on != nil && p.Var(lifecycle) == next.Var(lifecycle) && slices.Equal(on[1:], words[max(0, len(words)-len(on)+1):]) {
			return words[0], nil // yarn becomes the project's yarn, or that of a workspace
		}
		return words[0], j.manages(words, next)
	}
	switch pkg := node.PackageRun(p.Name(), p.Argv, p.Dir); {
	case pkg == "tsx" && !last:
		return pkg, errors.New("tsx does not start the program itself")
	case pkg == "tsx" && len(p.Argv) > 2 && p.Argv[2] == "watch":
		return pkg, errors.New("tsx watch restarts the program")
	case pkg == "tsx":
		return pkg, nil
	case slices.Contains(setters, pkg):
		words, sets := setCommand(p.Argv[2:])
		err := j.becomes(words, standby.Process{Dir: p.Dir, Env: next.Env}, next)
		if pkg == "cross-env" { // the other reads files
			err = cmp.Or(err, explains(p, next, sets))
		}
		return pkg, err
	}
	return p.Name(), fmt.Errorf("%s may do more than to start the program", p.Name())
}

func isDashC(argv []string) bool {
	return len(argv) == 3 && argv[1] == "-c" && slices.Contains(shells, filepath.Base(argv[0]))
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

// managerWords returns what a package manager was told, as in [npm run dev]; nil: the process is none.
func managerWords(p standby.Process, command []string) []string {
	words := command
	switch {
	case !handoff.IsNode(p.Name()):
		return nil
	case len(words) > 0 && isManager(words[0]): // its arguments may have become a title
	case titled(p.Argv):
		words = strings.Fields(p.Argv[0]) // npm's title
	case len(p.Argv) > 1 && ofManager(node.MainFile(p.Argv, p.Dir)):
		words = p.Argv[1:]
	}
	if len(words) == 0 || !isManager(words[0]) {
		return nil
	}
	return append([]string{managerName(words[0])}, words[1:]...)
}

// ofManager reports whether a file is a package manager's. That of Debian's npm is not in node_modules.
func ofManager(file string) bool {
	return slices.Contains([]string{"npm", "pnpm", "yarn", "@yarnpkg/cli-dist", "corepack"}, node.PackageOf(file)) ||
		strings.Contains(file, "/.yarn/releases/yarn-") || strings.HasPrefix(file, "/usr/share/nodejs/npm/bin/")
}

func managerName(word string) string {
	name := filepath.Base(word)
	for _, end := range suffixes {
		name = strings.TrimSuffix(name, end)
	}
	if strings.HasPrefix(name, "yarn-") { // and its version, in .yarn/releases
		return "yarn"
	}
	return name
}

func isManager(word string) bool { return slices.Contains(managers, managerName(word)) }

// quiet are options of package managers that say nothing of what they start.
var quiet = []string{"-s", "--silent", "-y", "--yes"}

// placed are options that name the package.
var placed = []string{"-w", "--workspace", "--prefix", "-C", "--dir", "--cwd"}

// manages says why a package manager does more than to start next.
func (j *judge) manages(words []string, next standby.Process) error {
	name, args := words[0], words[1:]
	yarn := strings.HasPrefix(name, "yarn")
	if yarn && len(args) > 2 && args[0] == "workspace" {
		args = args[2:]
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
			if name != "npm" && len(plain) > 0 && !slices.Contains([]string{"run", "run-script", "exec", "x"}, word) {
				plain, args = append(plain, args...), nil // of the command
			}
		case slices.Contains(quiet, word):
		case slices.Contains(placed, option) && !seen[option]:
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
	if len(plain) == 0 {
		return fmt.Errorf("%s does not say what it runs", name)
	}
	event := plain[0]
	switch {
	case yarn && event == "exec" && len(plain) > 1:
		return j.runs(plain[1], next, next) // in yarn's own shell
	case yarn && event == "node":
		return j.becomes(plain[:1], next, next)
	case slices.Contains([]string{"npx", "pnpx"}, name):
		return j.started(plain, "", next)
	case !yarn && slices.Contains([]string{"exec", "x", "dlx"}, event):
		return j.started(plain[1:], "", next)
	case slices.Contains([]string{"run", "run-script"}, event):
		if len(plain) < 2 {
			return fmt.Errorf("%s does not say what it runs", name)
		}
		event = plain[1]
	case name == "npm" && event != "start":
		return fmt.Errorf("npm %s may do more than to start the program", event)
	}
	scripts, err := j.scripts(next.Dir)
	switch {
	case err != nil:
		return err
	case scripts["pre"+event] != "" || scripts["post"+event] != "":
		return fmt.Errorf("the script %s has one that runs before or after it", event)
	case next.Var(lifecycle) != event || scripts[event] == "",
		next.Var("BERRY_BIN_FOLDER") == "" && !strings.HasPrefix(next.Var("npm_lifecycle_script"), scripts[event]):
		return fmt.Errorf("it is not known how %s starts %s", name, event)
	}
	return j.started(nil, scripts[event], next)
}

// started says why what a package manager starts may do more than to become next: the shell of a text, or what a text or else the
// words of a command lead to, because some shells become their last command.
func (j *judge) started(words []string, text string, next standby.Process) error {
	shell := j.find("sh", next)
	real, _ := filepath.EvalSymlinks(shell)
	switch {
	case !slices.Contains(shells, filepath.Base(real)) || strings.HasPrefix(string(standby.Head(real)), "#!"):
		return fmt.Errorf("%s is no shell that hotswap knows", shell)
	case isDashC(next.Argv) && slices.Contains([]string{"sh", "/bin/sh"}, next.Argv[0]) && sameFile(j.find(next.Argv[0], next), next.Exe) && strings.HasPrefix(next.Argv[2], text):
		return nil // which is judged itself
	case text != "":
		return j.runs(text, next, next)
	}
	return j.becomes(words, next, next)
}

// scriptsIn returns the scripts of the package in a folder.
func scriptsIn(dir string) (map[string]string, error) {
	b, err := regular.Text(filepath.Join(dir, "package.json"))
	if err != nil {
		return nil, err
	}
	var m struct {
		Scripts map[string]string `json:"scripts"`
	}
	return m.Scripts, json.Unmarshal(b, &m)
}
