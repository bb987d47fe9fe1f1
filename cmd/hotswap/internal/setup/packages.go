package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// Packages adds to err, which says that nothing runs here, a line for each package of a workspace: what the package
// runs, and what to write to run it. With init that is hotswap init where this writes a file. nil: files are no root of
// a workspace, the root runs a server of its own, or no package does.
func Packages(files fs.FS, init bool, err error) error {
	root := newProject(files)
	if !root.isRoot() {
		return nil
	}
	lines := ""
	globs := root.workspace()
	_ = fs.WalkDir(files, ".", func(file string, d fs.DirEntry, err error) error {
		switch name := path.Base(file); {
		case err == nil && d.IsDir() && (name == "node_modules" || strings.HasPrefix(name, ".") && name != "."):
			return fs.SkipDir
		case name != "package.json", file == name, !slices.ContainsFunc(globs, func(glob string) bool {
			return doublestar.MatchUnvalidated(path.Clean(glob), path.Dir(file))
		}):
			return nil
		}
		dir := path.Dir(file)
		sub, _ := fs.Sub(files, dir)
		p := newProject(sub)
		_, text, _ := p.usually(p.starts)
		line := Line(sub)
		if _, err := Propose(sub); init && err == nil {
			line = "hotswap init"
		}
		if text != "" && line != "" {
			says := dir + " runs " + plain.Short(text, 60) + "; write: cd " + quote(dir) + " && " + line
			lines += "\n" + plain.Line(says)
		}
		return nil
	})
	if lines == "" {
		return nil
	}
	return fmt.Errorf("%w; this is the root of a workspace: start hotswap in a package%s", err, lines)
}

// Last prints the lines of an error but the last one, which it returns.
func Last(w io.Writer, err error) error {
	lines := strings.Split(err.Error(), "\n")
	n := len(lines) - 1
	for _, line := range lines[:n] {
		fmt.Fprintf(w, "hotswap: %s\n", plain.Line(line))
	}
	return errors.New(lines[n])
}

// workspace returns the patterns of the workspace's packages, as npm, Yarn, Bun and pnpm have them. What begins with !
// takes nothing out.
func (p *project) workspace() (globs []string) {
	var list struct{ Packages []string }
	_ = yaml.Unmarshal([]byte(p.read("pnpm-workspace.yaml")), &list)
	if json.Unmarshal(p.manifest.Workspaces, &globs) != nil {
		_ = json.Unmarshal(p.manifest.Workspaces, &list)
	}
	return append(globs, list.Packages...)
}

// spreads matches a script that runs those of packages.
var spreads = lazy.Pattern(`\b(turbo|nx|lerna|moon|concurrently|run-p|npm-run-all|npm|pnpm|yarn)\b|--filter`)

// isRoot reports whether the project is the root of a workspace that runs no server of its own.
func (p *project) isRoot() bool {
	_, text, _ := p.usually(p.starts)
	return len(p.workspace()) > 0 && (text == "" || spreads().MatchString(text))
}
