package rules

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// maxRemembered bounds how many decisions about folders are remembered.
const maxRemembered = 1 << 16

func (r *Rules) Counts(file string) bool { return r.Reason(file).Counts() }

// Reason decides about a file in the order of the package comment.
func (r *Rules) Reason(p string) Reason {
	if r.ignoredBy(p, false) != nil {
		return Ignored
	}
	switch {
	case r.files[p]:
		return Named
	case r.loaded[p]:
		return Loaded
	case r.leadsToLists(p, false):
		return Package
	}
	b, ok := r.baseOf(p)
	if !ok {
		return Outside
	}
	if v := r.descend(path.Dir(p), b); v != enter {
		return v
	}
	name := path.Base(p)
	if editorTemp(name) {
		return EditorTemp
	}
	// A glob overrides what follows. It comes last only because it is slower.
	why := r.ofKind(p, name, b)
	if !why.Counts() && r.matched(p) >= 0 {
		return Matched
	}
	return why
}

// ofKind decides about a file below the base b that no glob names.
func (r *Rules) ofKind(p, name string, b base) Reason {
	switch {
	case b.globOnly && r.globOnly(p):
		return Unmatched
	case data(name):
		return Data
	case r.Server.reads(p):
		return OfKind
	case r.Server != nil && name != ".pnp.cjs" && !r.chosen(p):
		return Reloaded
	case environment(name), name == ".pnp.cjs": // which Yarn writes last
		return Environment
	// before .gitignore only because it is cheaper
	case !r.exts[path.Ext(name)] && !r.scripts[p] && !always().MatchString(name):
		return OtherKind
	// Django reads compiled translations, which are mostly ignored
	case path.Ext(name) != ".mo" && r.gitIgnored(p, false):
		return GitIgnored
	}
	return OfKind
}

// matched returns the number of the first glob that matches; -1: none does.
func (r *Rules) matched(p string) int {
	return slices.IndexFunc(r.globs, func(glob string) bool {
		return doublestar.MatchUnvalidated(glob, p) &&
			r.means(r.included[glob], p)
	})
}

// means reports whether one of Config.Include, which matches p, means p.
func (r *Rules) means(include, p string) bool { return r.Except == nil || !r.Except(include, p) }

// Included reports whether one of Config.Include names a file, or a folder above it, or the program's kind of server
// reads the file when it starts: such a file counts even if nobody has seen the program read it.
func (r *Rules) Included(file string) bool { return r.Server.reads(file) || r.chosen(file) }

// chosen reports whether one of Config.Include names p, or a folder above it.
func (r *Rules) chosen(p string) bool {
	return r.matched(p) >= 0 ||
		slices.ContainsFunc(r.bases, func(b base) bool { return b.include != "" && r.covers(b, p) })
}

// Descend reports whether a folder may hold files that count. That is so for each folder
// on the way to a base or to a single file, even if it is ignored; [Rules.Counts] still
// refuses the other files in it.
func (r *Rules) Descend(dir string) bool {
	if r.ignoredBy(dir, true) != nil {
		return false
	}
	b, ok := r.baseOf(dir)
	return ok && r.descend(dir, b) == enter || r.leadsToLists(dir, true) ||
		slices.ContainsFunc(r.Bases(), func(base string) bool { return Within(base, dir) })
}

// enter is the decision about a folder that no rule refuses.
const enter = OfKind

// descend decides about a folder below the base b by what is ignored between them.
func (r *Rules) descend(p string, b base) Reason {
	if len(p) <= len(b.path) {
		return enter
	}
	at := [2]string{p, b.path}
	if v, ok := r.dirs[at]; ok {
		return v
	}
	v := r.descend(path.Dir(p), b)
	switch {
	case v != enter:
	case r.neverBelow(b, p), p == "/proc", p == "/sys", p == "/dev":
		v = NoSource
	case r.gitIgnored(p, true):
		v = GitIgnored
	case r.IsCopy(p):
		v = Copied
	}
	if len(r.dirs) >= maxRemembered {
		clear(r.dirs)
	}
	r.dirs[at] = v
	return v
}

// neverBelow reports whether the folder p, below the base b, is one that is never source. In src/ no word is, also if
// src is the base.
func (r *Rules) neverBelow(b base, p string) bool {
	return neverDir(strings.TrimPrefix(p[len(b.path):], "/")) && (!Within(p, r.Root) || neverDir(r.rel(p)))
}

// covers reports whether p is the base, or lies below it and "!" does not take it out.
func (r *Rules) covers(b base, p string) bool {
	return Within(p, b.path) && (b.include == "" || r.means(b.include, p))
}

// baseOf returns the innermost base that holds p and is not p itself.
func (r *Rules) baseOf(p string) (base, bool) {
	for _, b := range r.bases {
		if p != b.path && r.covers(b, p) {
			return b, true
		}
	}
	return base{}, false
}

// globOnly reports whether p lies only in bases of globs, or in a folder that the others refuse.
func (r *Rules) globOnly(p string) bool {
	return !slices.ContainsFunc(r.bases, func(b base) bool {
		return !b.globOnly && r.covers(b, p) && r.descend(path.Dir(p), b) == enter
	})
}

func Within(p, dir string) bool {
	return strings.HasPrefix(p, dir) && (len(p) == len(dir) || p[len(dir)] == '/' || strings.HasSuffix(dir, "/"))
}

// rel returns p relative to the root, "../" where it lies outside.
func (r *Rules) rel(p string) string {
	if Within(p, r.Root) {
		return strings.TrimPrefix(p[len(r.Root):], "/")
	}
	rel, _ := filepath.Rel(r.Root, p) // of absolute paths it does not fail
	return rel
}

// ignoredBy returns the line of --ignore that names p or a folder it lies in, the outermost one; nil: there is none.
// Folders above the root are not named.
func (r *Rules) ignoredBy(p string, isDir bool) *pattern {
	if len(r.ignore) == 0 || Within(r.Root, p) {
		return nil
	}
	if line := r.ignoredBy(path.Dir(p), true); line != nil {
		return line
	}
	line := decide(r.ignore, r.rel(p), isDir)
	if line != nil && line.negated {
		return nil
	}
	return line
}

// gitIgnored reports whether a .gitignore ignores p itself; the folders above have been
// decided before.
func (r *Rules) gitIgnored(p string, isDir bool) bool {
	line, _ := r.gitLine(p, isDir)
	return line != nil && !line.negated
}

// gitLine returns the line of a .gitignore that decides about p itself, and the file that has
// the line; nil: there is none. The deepest file with a line on p decides, of those in the work tree that holds p.
func (r *Rules) gitLine(p string, isDir bool) (line *pattern, source string) {
	for dir := range regular.Above(path.Dir(p)) {
		f := r.sources[dir]
		if line := decide(f.lines, byBytes(strings.TrimPrefix(p[len(dir):], "/")), isDir); line != nil {
			return line, path.Join(dir, ".gitignore")
		}
		if f.tree != Inside || len(r.sources) == 0 {
			break
		}
	}
	return nil, ""
}
