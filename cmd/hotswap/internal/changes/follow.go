package changes

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// follows returns what to watch besides roots, which are absolute: every loaded file that no installer has put there,
// so files in other folders of a monorepo, and files that are ignored by default because tools make them. If
// such a file is in a package outside of the project, all sources of that package count: nobody has loaded a broken
// file that the package has just begun to import. A folder that holds home or a root is no package.
//
// It leaves out a missing file, which may have existed for a moment only, unless before has the file: then a build will
// write it again. Of a partial report nothing is left out that before has.
func (c code) follows(roots []string, home string, before watch.Loaded) watch.Loaded {
	f := watch.Loaded{Since: c.since}
	packages := map[string]bool{}
	for _, file := range c.loaded {
		_, was := slices.BinarySearch(before.Files, file)
		if installed(file) && !generated(file, packages) || !was && !exists(file) {
			continue
		}
		f.Files = append(f.Files, file)
		if installed(file) || slices.ContainsFunc(roots, func(root string) bool { return rules.Within(file, root) }) {
			continue
		}
		if dir := regular.Nearest(filepath.Dir(file), "package.json", os.Lstat); dir != "" &&
			!rules.Within(home, dir) &&
			!slices.ContainsFunc(roots, func(root string) bool {
				return rules.Within(regular.Real(root), dir) ||
					rules.Within(root, dir)
			}) {
			f.Folders = append(f.Folders, dir)
		}
	}
	if c.partial {
		f.Files, f.Folders = append(f.Files, before.Files...), append(f.Folders, before.Folders...)
	}
	f.Files, f.Folders = standby.Unique(f.Files), standby.Unique(f.Folders)
	return f
}

// inVain is what Node writes of a module that it cannot find.
var inVain = lazy.Pattern(`Cannot find module '((?:/|\.\.?/)[^']*)'`)

// missing returns the files of which one is the module that a program has missed last, as the last lines of its output
// say. A relative name counts from the file that the line after next names. name is a [watch.Namer].
func missing(output []string, name func(file string) string) (files []string) {
	for i, line := range slices.Backward(output) {
		found := inVain().FindStringSubmatch(line)
		if found == nil {
			continue
		}
		file := found[1]
		if file[0] == '.' && i+2 < len(output) {
			file = filepath.Join(filepath.Dir(strings.TrimPrefix(output[i+2], "- ")), file)
		}
		file = name(file)
		for _, ext := range append(slices.Collect(maps.Keys(languages)), ".json", ".node", "") {
			files = append(files, file+ext, strings.TrimSuffix(file, filepath.Ext(file))+ext,
				filepath.Join(file, "index"+ext))
		}
		return slices.DeleteFunc(files, func(file string) bool { return !filepath.IsAbs(file) || installed(file) })
	}
	return nil
}

func installed(file string) bool {
	return strings.Contains(file, "/node_modules/") || strings.Contains(file, "/.yarn/")
}

// generated reports whether a file in node_modules is there by no installer: its folder, such as .prisma, has no
// package.json with the folder's name. packages remembers the answers for folders.
func generated(file string, packages map[string]bool) bool {
	dir, name := launchers.PackageDir(file)
	if _, ok := packages[dir]; !ok {
		m, _ := standby.ReadManifest(dir)
		packages[dir] = name != "" && name != ".store" && m.Name != name // Yarn's packages are in .store
	}
	return packages[dir]
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
