package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// CheckCommand returns an error with an exit code if there is no program of the name that the
// command has. A rule that runs before the first start may still make it.
func CheckCommand(command []string, rules []rule.Rule) error {
	if slices.ContainsFunc(rules, func(r rule.Rule) bool { return r.Once || len(r.Change) == 0 }) {
		return nil
	}
	name := command[0]
	_, err := exec.LookPath(name)
	if err == nil || errors.Is(err, exec.ErrDot) {
		return nil
	}
	dir, base := filepath.Split(name)
	dirs, what := []string{dir}, name+" does not exist"
	if errors.Is(err, exec.ErrNotFound) {
		dirs, what = filepath.SplitList(os.Getenv("PATH")), name+" is neither in PATH nor in node_modules/.bin"
	}
	near := dir + options.Near(base, namesIn(dirs))
	if near == dir || near == name || strings.HasPrefix(name, "-") || !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, fs.ErrNotExist) {
		return exit.Unavailable(&proc.StartError{Argv: command, Err: err})
	}
	return exit.Unavailable(fmt.Errorf("%s; did you mean %s?", what, near))
}

// namesIn returns the names of what is in some folders.
func namesIn(dirs []string) (names []string) {
	for _, dir := range dirs {
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			names = append(names, f.Name())
		}
	}
	return names
}
