package rules

import (
	"path"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// SetLoaded replaces the files that the program has loaded. They count even where they
// are ignored by default or by git, or outside all bases, unless --ignore names
// them. Files in folders where only tools write, such as caches,
// do not count: a program that compiles into a cache and loads from it would be swapped
// for its own work.
//
// A server that reloads its own sources ([Config].Server) has loaded nothing that counts.
//
// Folders are those of packages outside the bases. A folder becomes a base if a source
// file in it is loaded: then its other sources count as well. If only the output of a
// build is loaded, its sources do not count: the build will change that output.
func (r *Rules) SetLoaded(folders, files []string) {
	r.loaded = nil
	if r.Server != nil {
		folders, files = nil, nil // it takes changes of what it has loaded itself
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, path.Clean(f)) // as a program says it
	}
	r.setBases(folders)
	r.setBases(slices.DeleteFunc(slices.Clone(folders), func(dir string) bool {
		return !slices.ContainsFunc(paths, func(f string) bool { return Within(f, dir) && r.Counts(f) })
	}))
	loaded := map[string]bool{}
	for _, f := range paths {
		if !r.Counts(f) && r.ignoredBy(f, false) == nil && !editorTemp(path.Base(f)) && !r.toolsOnly(f, folders) {
			loaded[f] = true
		}
	}
	r.loaded = loaded
}

func (r *Rules) setBases(more []string) {
	r.bases = slices.Clone(r.own)
	for _, p := range more {
		if r.ignoredBy(p, true) == nil {
			r.bases = append(r.bases, base{path: p})
		}
	}
	slices.SortStableFunc(r.bases, func(a, b base) int { return len(b.path) - len(a.path) })
	clear(r.dirs)
}

// toolsOnly reports whether p lies, below its base or package, in a folder to which only
// tools write. node_modules is none: what an installer puts there the caller leaves out.
func (r *Rules) toolsOnly(p string, packages []string) bool {
	for dir := range regular.Above(path.Dir(p)) {
		switch name := path.Base(dir); {
		case dir == r.Root, slices.Contains(packages, dir), r.sources[dir].tree != Inside: // agents' are there
			return false
		case neverDirs[name]:
			return name != "node_modules" || dir == path.Dir(p)
		}
	}
	return false
}
