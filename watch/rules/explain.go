package rules

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Explanation says why a file counts, or why not.
type Explanation struct {
	Reason
	// Pattern is what the user wrote and what decides: a line of a .gitignore, a value of
	// Config.Ignore or Config.Include. "": none does.
	Pattern string
	// Source is the file that has the pattern in line Line, an absolute path. "": an option has it.
	Source string
	Line   int
	// Folder is the folder that decides, an absolute path. "": the file itself decides.
	Folder string
	// Ext is the extension by which a file counts, or the file's own if none does. "": it counts
	// by its name.
	Ext string
	// Chosen: one of Config.Include names the file, or a folder above it.
	Chosen bool
	// Asked: the user has said which extensions count.
	Asked bool
	// Program: the file is the program's own.
	Program bool
}

// Explain returns why [Rules.Counts] says of a file what it says.
func (r *Rules) Explain(file string) Explanation {
	p := clean(file)
	e := Explanation{Reason: r.reason(p), Chosen: r.Included(p), Asked: r.asked}
	switch e.Reason {
	case Ignored:
		line, folder := r.ignoredBy(p, false)
		e.Pattern, e.Folder = line.text, native(folder)
	case NoSource, GitIgnored:
		r.explainFolders(&e, p)
	case Named:
		e.Program = slices.Contains(r.programs, p)
		e.Pattern = r.included[p]
	case Matched:
		e.Pattern = r.included[r.globs[r.matched(p)]]
	case OfKind, OtherKind:
		e.Program = r.scripts[p]
		if name := path.Base(p); !always(name) {
			e.Ext = cmp.Or(r.extOf(name), path.Ext(name))
		}
	}
	return e
}

// explainFolders finds what refuses p: the outermost folder between its base and p that is
// refused, or p itself.
func (r *Rules) explainFolders(e *Explanation, p string) {
	b, _ := r.baseOf(p)
	rest := strings.TrimPrefix(p[len(b.path):], "/")
	for i := range len(rest) + 1 {
		if i < len(rest) && rest[i] != '/' {
			continue
		}
		at, isDir := p[:len(p)-len(rest)+i], i < len(rest)
		if isDir && e.Reason == NoSource && neverDir(rest[:i]) {
			e.Folder = native(at)
			return
		}
		if line, source := r.gitLine(at, isDir); e.Reason == GitIgnored && line != nil && !line.negated {
			e.Pattern, e.Source, e.Line = line.text, native(source), int(line.line)
			if isDir {
				e.Folder = native(at)
			}
			return
		}
	}
}

func native(p string) string { return filepath.FromSlash(p) }
