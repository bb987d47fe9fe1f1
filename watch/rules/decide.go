package rules

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// maxRemembered bounds how many decisions about folders are remembered.
const maxRemembered = 1 << 16

// Counts reports whether a file counts. The order is that of the package comment.
func (r *Rules) Counts(file string) bool {
	p := clean(file)
	if r.userIgnored(p, false) {
		return false
	}
	if r.files[p] || r.loaded[p] || r.packages[p] {
		return true
	}
	b, ok := r.baseOf(p)
	if parent := path.Dir(p); !ok || parent != b.path && !r.descend(parent, b) {
		return false
	}
	name := path.Base(p)
	if editorTemp(name) {
		return false
	}
	for _, glob := range r.globs {
		if doublestar.MatchUnvalidated(glob, p) {
			return true
		}
	}
	switch {
	case r.globOnly(p), data(name):
		return false
	case environment(name), name == ".pnp.cjs": // which Yarn writes last
		return true
	case !always(name) && !r.hasExt(name) && !r.scripts[p]: // before .gitignore only because it is cheaper
		return false
	}
	return !r.gitIgnored(p, false)
}

// Descend reports whether a folder may hold files that count. That is so for each folder
// on the way to a base or to a single file, even if it is ignored; [Rules.Counts] still
// refuses the other files in it.
func (r *Rules) Descend(dir string) bool {
	p := clean(dir)
	if r.userIgnored(p, true) {
		return false
	}
	if r.above[p] || r.overPackages[p] {
		return true
	}
	for f := range r.files {
		if within(f, p) {
			return true
		}
	}
	if slices.ContainsFunc(r.bases, func(b base) bool { return within(b.path, p) }) {
		return true
	}
	b, ok := r.baseOf(p)
	return ok && r.descend(p, b)
}

// descend decides about a folder below the base b by what is ignored between them.
func (r *Rules) descend(p string, b base) bool {
	if v, ok := r.dirs[p]; ok {
		return v
	}
	parent := path.Dir(p)
	v := (parent == b.path || r.descend(parent, b)) && !neverDir(strings.TrimPrefix(p[len(b.path):], "/")) && !r.gitIgnored(p, true)
	if len(r.dirs) >= maxRemembered {
		clear(r.dirs)
	}
	r.dirs[p] = v
	return v
}

// baseOf returns the innermost base that holds p and is not p itself.
func (r *Rules) baseOf(p string) (base, bool) {
	for _, b := range r.bases {
		if p != b.path && within(p, b.path) {
			return b, true
		}
	}
	return base{}, false
}

// globOnly reports whether p lies only in bases of globs.
func (r *Rules) globOnly(p string) bool {
	for _, b := range r.bases {
		if !b.globOnly && within(p, b.path) {
			return false
		}
	}
	return true
}

// within reports whether p is dir or lies below it.
func within(p, dir string) bool {
	return strings.HasPrefix(p, dir) && (len(p) == len(dir) || p[len(dir)] == '/' || strings.HasSuffix(dir, "/"))
}

// rel returns p relative to the root, "../" where it lies outside.
func (r *Rules) rel(p string) string {
	if within(p, r.root) {
		return strings.TrimPrefix(p[len(r.root):], "/")
	}
	rel, err := filepath.Rel(filepath.FromSlash(r.root), filepath.FromSlash(p))
	if err != nil {
		return p // another drive
	}
	return filepath.ToSlash(rel)
}

// userIgnored reports whether --ignore names p or a folder it lies in.
func (r *Rules) userIgnored(p string, isDir bool) bool {
	if len(r.ignore) == 0 || p == r.root {
		return false
	}
	rel := r.rel(p)
	start := 0
	for strings.HasPrefix(rel[start:], "../") {
		start += len("../")
	}
	for i := start; i <= len(rel); i++ {
		if i < len(rel) && rel[i] != '/' || i == start {
			continue
		}
		if excluded, _ := decide(r.ignore, rel[:i], isDir || i < len(rel)); excluded {
			return true
		}
	}
	return false
}

// gitIgnored reports whether git's files ignore p itself; the folders above have been
// decided before. The deepest file with a line on p decides.
func (r *Rules) gitIgnored(p string, isDir bool) bool {
	if len(r.sources) == 0 && len(r.exclude) == 0 {
		return false
	}
	for _, files := range [...]map[string][]pattern{r.sources, r.exclude} {
		for dir := path.Dir(p); len(files) > 0; dir = path.Dir(dir) {
			if ps, ok := files[dir]; ok {
				rel := strings.TrimPrefix(p[len(dir):], "/")
				if excluded, matched := decide(ps, rel, isDir); matched {
					return excluded
				}
			}
			if dir == path.Dir(dir) {
				break
			}
		}
	}
	return false
}

// hasExt reports whether the name ends in one of the extensions. Every dot begins one, so
// that --ext html.erb works.
func (r *Rules) hasExt(name string) bool {
	if r.exts == nil {
		return true
	}
	for i := range len(name) {
		if name[i] == '.' && r.exts[name[i:]] {
			return true
		}
	}
	return false
}
