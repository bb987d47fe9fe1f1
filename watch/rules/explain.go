package rules

import (
	"cmp"
	"fmt"
	"path"
	"slices"
)

// Explanation says why a file counts, or why not.
type Explanation struct {
	Reason
	// Pattern is the value of Config.Ignore or Config.Include that decides. "": none does.
	Pattern string
	// Text says it for people, if no Pattern decides. "" for a file that Config.Files names.
	Text string
	// Chosen: [Rules.Included] says so of the file.
	Chosen bool
}

// texts are those that depend on the reason alone.
var texts = map[Reason]string{
	Outside:     "it lies outside of what is watched (--watch adds paths)",
	EditorTemp:  "it is named like a temporary file of an editor",
	Unmatched:   "only what a pattern matches counts there, and none matches",
	Copied:      "it lies in another work tree of git (--watch overrides that)",
	Data:        "it is named like a log, a database or a lock file (--watch overrides that)",
	Loaded:      "a process of the program has loaded it, or has missed it",
	Package:     "an installer writes it when its packages are there",
	Environment: "it is a file that programs read when they start",
}

// Explain returns why [Rules.Counts] says of a file what it says.
func (r *Rules) Explain(p string) Explanation {
	e := Explanation{Reason: r.Reason(p), Chosen: r.Included(p)}
	e.Text = texts[e.Reason]
	name := path.Base(p)
	switch e.Reason {
	case Ignored:
		e.Pattern = r.ignoredBy(p, false).text
	case Matched:
		e.Pattern = r.included[r.globs[r.matched(p)]]
	case Named:
		e.Pattern = r.included[p]
	case NoSource, GitIgnored:
		b, _ := r.baseOf(p)
		e.Text = r.explainFolders(e.Reason, b, p, false)
	case Reloaded:
		e.Text = r.Server.Name + " itself reloads what it uses (--watch has it count)"
	case OfKind, OtherKind:
		ext := cmp.Or(path.Ext(name), name)
		switch {
		case r.Server.reads(p):
			e.Text = r.Server.Name + " reads it only when it starts"
		case e.Reason == OtherKind:
			e.Text = fmt.Sprintf("%q files do not count for: %s", ext, r.commands)
		case always().MatchString(name):
			e.Text = "programs read a file of this name when they start"
		default:
			e.Text = fmt.Sprintf("%q files count for: %s", ext, r.commands)
		}
	}
	if e.Pattern == "" && (e.Reason == Named || e.Reason == OfKind) && slices.Contains(r.programs, p) {
		e.Text = "it is the program's own file"
	}
	return e
}

// explainFolders names what refuses p: the outermost folder between its base and p that is
// refused, or p itself.
func (r *Rules) explainFolders(why Reason, b base, p string, isDir bool) string {
	if p == b.path {
		return ""
	}
	if text := r.explainFolders(why, b, path.Dir(p), true); text != "" {
		return text
	}
	what := "it"
	if isDir {
		what = "the folder " + r.rel(p)
	}
	if isDir && why == NoSource && r.neverBelow(b, p) {
		return r.rel(p) + " is a folder of packages, builds or tools (--watch overrides that)"
	}
	if line, source := r.gitLine(p, isDir); why == GitIgnored && line != nil && !line.negated {
		return fmt.Sprintf("git ignores %s: %s:%d: %s", what, r.rel(source), line.line, line.text)
	}
	return ""
}
