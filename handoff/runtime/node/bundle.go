package node

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Tree returns the generation's processes; nil before Run.
func (a *Session) Tree() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tree == nil {
		return nil
	}
	return a.tree()
}

// bundlers are packages that read code in a process of their own or in machine code, where the
// adapter does not see it. tsx has esbuild transform what it has read.
var (
	bundlers = []string{"vite", "rolldown", "@rspack/core", "@parcel/core", "tsup", "tsdown", "unbuild", "@swc/core"}
	esbuild  = lazy.Pattern(`["']esbuild["']`)
)

// Bundles returns why code may have been read without the adapter; "": it was not.
func (l Loaded) Bundles() string {
	uses := ""
	var sources []string
	for _, t := range slices.Concat(l.Threads, l.Past) {
		for _, f := range t.Files {
			switch name := PackageOf(f.Path); {
			case slices.Contains(bundlers, name), name == "esbuild" && uses == "":
				uses = name
			case name == "":
				sources = append(sources, f.Path)
			}
		}
	}
	if uses == "esbuild" && !slices.ContainsFunc(sources, func(file string) bool {
		b, err := os.ReadFile(file)
		return err == nil && esbuild().Match(b)
	}) {
		return ""
	}
	if uses != "" {
		return "it has loaded " + uses + ", which may read code itself"
	}
	return ""
}

// PackageOf returns the name of a file's package, or "".
func PackageOf(file string) string {
	_, name := PackageDir(file)
	return name
}

// PackageDir returns the folder and the name of a file's package.
func PackageDir(file string) (dir, name string) {
	const in = "/node_modules/"
	file = filepath.ToSlash(file)
	i := strings.LastIndex(file, in)
	if i < 0 {
		return "", ""
	}
	name, rest, _ := strings.Cut(file[i+len(in):], "/")
	if scoped, _, _ := strings.Cut(rest, "/"); strings.HasPrefix(name, "@") && scoped != "" {
		name += "/" + scoped
	}
	return file[:i+len(in)] + name, name
}

// PackageRun returns the package of the file that a Node process was told to run; "": none.
func PackageRun(name string, argv []string, dir string) string {
	if !handoff.IsNode(name) || len(argv) < 2 {
		return ""
	}
	return PackageOf(MainFile(argv, dir))
}

// MainFile returns the file that a Node process was told to run, without symbolic links.
func MainFile(argv []string, dir string) string {
	return regular.Real(regular.Absolute(argv[1], dir))
}
