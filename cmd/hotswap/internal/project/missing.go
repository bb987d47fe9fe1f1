package project

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// CheckCommand returns an error with an exit code if there is no program, or no script of
// package.json, of the name that the command has. A rule that runs before the first start may
// still make it.
func CheckCommand(command []string, rules []rule.Rule) error {
	if slices.ContainsFunc(rules, func(r rule.Rule) bool { return r.Once || len(r.Change) == 0 }) {
		return nil
	}
	name, near, what := command[0], "", ""
	_, err := exec.LookPath(name)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		what = name + " is neither in PATH nor in node_modules/.bin"
		near = options.Near(name, namesIn(filepath.SplitList(os.Getenv("PATH"))...))
	case errors.Is(err, fs.ErrNotExist):
		what = name + " does not exist"
		dir, base := filepath.Split(name)
		if near = options.Near(base, namesIn(dir)); near != "" {
			near = dir + near
		}
	default:
		return checkScript(command)
	}
	if near == "" || near == name || strings.HasPrefix(name, "-") {
		return exit.Unavailable(&proc.StartError{Argv: command, Err: err})
	}
	return exit.Unavailable(fmt.Errorf("%s; did you mean %s?", what, near))
}

// namesIn returns the names of what is in some folders.
func namesIn(dirs ...string) (names []string) {
	for _, dir := range dirs {
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			names = append(names, f.Name())
		}
	}
	return names
}

// checkScript returns an error if the nearest package.json, which npm reads, has no such script.
func checkScript(command []string) error {
	name := scriptOf(command)
	if name == "" {
		return nil
	}
	if _, err := exec.LookPath(name); err == nil { // yarn and bun run programs of packages, too
		return nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return exit.Unavailable(err)
	}
	text, err := regular.Text(filepath.Join(dir, "package.json"))
	for ; err != nil && dir != filepath.Dir(dir); text, err = regular.Text(filepath.Join(dir, "package.json")) {
		dir = filepath.Dir(dir)
	}
	var m struct{ Scripts map[string]string }
	if err != nil || json.Unmarshal(text, &m) != nil || m.Scripts[name] != "" {
		return nil //nolint:nilerr // the package manager says more
	}
	has := slices.Sorted(maps.Keys(m.Scripts))
	if near := options.Near(name, has); near != "" {
		return exit.Unavailable(fmt.Errorf("package.json has no script %s; did you mean %s?", name, near))
	}
	return exit.Unavailable(fmt.Errorf("package.json has no script %s; its scripts: %s", name, strings.Join(has, ", ")))
}

// scriptOf returns the script of the nearest package.json that a command runs; "" where that is
// not known.
func scriptOf(command []string) string {
	if len(command) < 3 || !slices.Contains([]string{"npm", "pnpm", "yarn", "bun"}, filepath.Base(command[0])) || !slices.Contains([]string{"run", "run-script"}, command[1]) {
		return ""
	}
	name := command[2]
	for _, word := range command[2:] {
		if word == "--" {
			break
		}
		if strings.HasPrefix(word, "-") { // it may lead to another folder
			return ""
		}
	}
	if name == "start" || name == "env" || // npm has scripts of these names by itself
		strings.ContainsAny(name, ":/.") { // another workspace's (yarn), a pattern (pnpm), a file (bun)
		return ""
	}
	return name
}
