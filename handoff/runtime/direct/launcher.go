package direct

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// setters are packages whose command sets variables and starts a command with its own standard streams.
var setters = []string{"cross-env", "dotenv-cli"}

// suffixes are ends of package managers' files.
var suffixes = []string{".js", ".cjs", ".mjs", ".exe", "-cli"}

// lifecycle is the variable of package managers with the name of the script that they run.
const lifecycle = "npm_lifecycle_event"

// managers start the script of a package, or a command of a package.
var managers = []string{"npm", "npx", "pnpm", "pnpx", "yarn", "yarnpkg", "bun", "bunx"}

// launcher returns the name of what a process runs, or says why the process may do more than to start the next one. command is
// what the process was told to run, where that is known; nil: its arguments say so. script reads a manifest.
func launcher(p, next standby.Process, command []string, last bool, script func(dir string) (map[string]string, error)) (string, error) {
	if shell := p.Name(); slices.Contains([]string{"sh", "dash", "bash", "busybox"}, shell) {
		return "sh", simple(p.Argv)
	}
	if words := managerWords(p, command); words != nil {
		if on := managerWords(next, nil); on != nil && p.Var(lifecycle) == next.Var(lifecycle) && slices.Equal(on[1:], words[max(0, len(words)-len(on)+1):]) {
			return words[0], nil // yarn becomes the project's yarn, or that of a workspace
		}
		return words[0], manages(words, next, script)
	}
	pkg := node.PackageRun(p.Name(), p.Argv, p.Dir)
	switch {
	case pkg == "tsx" && !last:
		return pkg, errors.New("tsx does not start the program itself")
	case pkg == "tsx" && len(p.Argv) > 2 && p.Argv[2] == "watch":
		return pkg, errors.New("tsx watch restarts the program")
	case pkg == "cross-env" && strings.Contains(filepath.Base(node.MainFile(p.Argv, p.Dir)), "shell"):
		return pkg, errors.New("cross-env-shell runs a shell's text")
	case pkg == "tsx", slices.Contains(setters, pkg):
		return pkg, nil
	}
	return p.Name(), fmt.Errorf("%s may do more than to start the program", p.Name())
}

var errReadsOurs = errors.New("a launcher reads a variable of hotswap's")

func readsOurs(text string) bool {
	return strings.Contains(text, "HOTSWAP_") || strings.Contains(text, "LISTEN_")
}

// simple says why a shell does more than to run one command.
func simple(argv []string) error {
	if len(argv) != 3 || argv[1] != "-c" {
		return errors.New("its shell runs more than one command")
	}
	return oneCommand(argv[2])
}

// changing matches variables of a shell that have another value each time.
var changing = lazy.Pattern(`\$[$!]|\$\{?(RANDOM|PPID|SECONDS|SRANDOM|EPOCH|LINENO|BASHPID|_\b)`)

// oneCommand says why a shell's text is more than one command. In quotes any character may stand but what runs a
// command there.
func oneCommand(text string) error {
	bare, quote := make([]byte, 0, len(text)), byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0, quote == '"' && strings.IndexByte("`$(", c) >= 0:
			bare = append(bare, c)
		}
	}
	switch {
	case readsOurs(text):
		return errReadsOurs
	case changing().MatchString(text):
		return errors.New("its shell gives the program another word each time")
	}
	if quote != 0 || strings.ContainsAny(string(bare), ";&|<>()`\n\\*?[") {
		return errors.New("its shell runs more than one command")
	}
	for _, word := range strings.Fields(string(bare)) {
		if strings.Contains(word, "=") {
			continue
		}
		if slices.Contains([]string{"!", "{", "if", "while", "until", "for", "case", "time", "trap", "eval", ".", "source", "cd", "ulimit", "umask", "command", "builtin", "exec", "set", "export", "alias"}, word) {
			return fmt.Errorf("its shell does %q", word)
		}
		break
	}
	return nil
}

// managerWords returns what a package manager was told, as in [npm run dev]; nil: the process is none.
func managerWords(p standby.Process, command []string) []string {
	words := command
	switch {
	case len(words) > 0 && isManager(words[0]): // its arguments may have become a title
	case len(p.Argv) == 1 && handoff.IsNode(p.Name()):
		words = strings.Fields(p.Argv[0]) // npm's title
	case handoff.IsNode(p.Name()) && len(p.Argv) > 1:
		if !slices.Contains([]string{"npm", "pnpm", "yarn", "@yarnpkg/cli-dist", "corepack"}, node.PackageRun(p.Name(), p.Argv, p.Dir)) && !strings.Contains(node.MainFile(p.Argv, p.Dir), "/.yarn/releases/yarn-") {
			return nil
		}
		words = p.Argv[1:]
	case strings.HasPrefix(p.Name(), "bun"):
		words = p.Argv
	}
	if len(words) == 0 || !isManager(words[0]) || !handoff.IsNode(p.Name()) && !strings.HasPrefix(p.Name(), "bun") {
		return nil
	}
	return append([]string{managerName(words[0])}, words[1:]...)
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
func manages(words []string, next standby.Process, script func(dir string) (map[string]string, error)) error {
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
				args = nil // the rest is the command's
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
	if len(plain) == 0 {
		return fmt.Errorf("%s does not say what it runs", name)
	}
	event := plain[0]
	switch {
	case yarn && event == "exec" && len(plain) > 1:
		return oneCommand(plain[1]) // of yarn's own shell
	case yarn && event == "node":
		return nil
	case slices.Contains([]string{"npx", "pnpx", "bunx"}, name), !yarn && slices.Contains([]string{"exec", "x", "dlx"}, event):
		return nil
	case slices.Contains([]string{"run", "run-script"}, event):
		if len(plain) < 2 {
			return fmt.Errorf("%s does not say what it runs", name)
		}
		event = plain[1]
	case name == "npm" && event != "start":
		return fmt.Errorf("npm %s may do more than to start the program", event)
	}
	scripts, err := script(next.Dir)
	switch {
	case err != nil:
		return err
	case scripts["pre"+event] != "" || scripts["post"+event] != "":
		return fmt.Errorf("the script %s has one that runs before or after it", event)
	case next.Var(lifecycle) != event || scripts[event] == "",
		next.Var("BERRY_BIN_FOLDER") == "" && !strings.HasPrefix(next.Var("npm_lifecycle_script"), scripts[event]):
		return fmt.Errorf("it is not known how %s starts %s", name, event)
	}
	return oneCommand(scripts[event])
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
