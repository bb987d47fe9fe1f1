package loaded

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Thread is one thread of a program, which may have ended.
type Thread struct {
	Began time.Time // when the thread's process began; zero: not known
	Files []string  // absolute, as Names has them
}

// Report is what the threads of a generation have answered.
type Report struct {
	Threads []Thread
	Read    []string // files that were read otherwise, as in Thread
	Partial bool     // a thread has not answered the newest question yet, or not with all files
	Unsure  string   // why more may have been read; "": no more was
}

// Plan is what else to watch.
type Plan struct {
	Files   []string  // sorted
	Folders []string  // of packages outside the project that hold some of Files, sorted
	Since   time.Time // a file that changed since may have been loaded as it was before
}

// Disk is the file system.
type Disk interface {
	Exists(path string) bool
	Real(path string) string // without symbolic links; path itself if it does not exist
}

// Plan returns what to watch besides roots, which are absolute. A folder that holds home or a root is no package. Plan leaves
// out a missing file, which may have existed for a moment only, unless before has the file: then a build will write it again. Of a
// partial report nothing is left out that before has.
func (r Report) Plan(roots []string, home string, before Plan, disk Disk) Plan {
	var p Plan
	for _, t := range r.Threads {
		if !t.Began.IsZero() && (p.Since.IsZero() || t.Began.Before(p.Since)) {
			p.Since = t.Began
		}
		for _, file := range t.Files {
			if _, was := slices.BinarySearch(before.Files, file); Package(file) || !was && !disk.Exists(file) {
				continue
			}
			p.Files = append(p.Files, file)
			if slices.ContainsFunc(roots, func(root string) bool { return rules.Within(file, root) }) {
				continue
			}
			if dir := packageOf(file, disk); dir != "" && !rules.Within(home, dir) &&
				!slices.ContainsFunc(roots, func(root string) bool { return rules.Within(disk.Real(root), dir) || rules.Within(root, dir) }) {
				p.Folders = append(p.Folders, dir)
			}
		}
	}
	if r.Partial {
		p.Files, p.Folders = append(p.Files, before.Files...), append(p.Folders, before.Folders...)
	}
	slices.Sort(p.Files)
	slices.Sort(p.Folders)
	p.Files, p.Folders = slices.Compact(p.Files), slices.Compact(p.Folders)
	return p
}

// inVain is what Node writes of a module that it cannot find.
var inVain = lazy.Pattern(`Cannot find module '((?:/|\.\.?/)[^']*)'`)

// Missing returns the files of which one is the module that a program has missed last, as the last lines of its output say. A
// relative name counts from the file that the line after next names.
func Missing(output []string) (files []string) {
	for i, line := range slices.Backward(output) {
		found := inVain().FindStringSubmatch(line)
		if found == nil {
			continue
		}
		file := found[1]
		if file[0] == '.' && i+2 < len(output) {
			file = filepath.Join(filepath.Dir(strings.TrimPrefix(output[i+2], "- ")), file)
		}
		for _, ext := range append(slices.Collect(maps.Keys(languages)), ".json", ".node", "") {
			files = append(files, file+ext, strings.TrimSuffix(file, filepath.Ext(file))+ext, filepath.Join(file, "index"+ext))
		}
		return slices.DeleteFunc(files, func(file string) bool { return !filepath.IsAbs(file) })
	}
	return nil
}

// Names returns a function that returns the watcher's name of a file whose path has no symbolic links: a file below a root that
// is a symbolic link has a name below that link.
func Names(roots []string, disk Disk) func(file string) string {
	type root struct{ real, name string }
	var linked []root
	for _, name := range roots {
		if real := disk.Real(name); real != name {
			linked = append(linked, root{real, name})
		}
	}
	return func(file string) string {
		for _, l := range linked {
			if rules.Within(file, l.real) {
				return l.name + file[len(l.real):]
			}
		}
		return file
	}
}

// Package reports whether a file belongs to an installed package.
func Package(file string) bool {
	file = filepath.ToSlash(file)
	return strings.Contains(file, "/node_modules/") || strings.Contains(file, "/.yarn/")
}

// packageOf returns the nearest folder above a file that has a package.json; "": none.
func packageOf(file string, disk Disk) string {
	for dir := range regular.Above(filepath.Dir(file)) {
		if disk.Exists(filepath.Join(dir, "package.json")) {
			return dir
		}
	}
	return ""
}
