package why

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// longest bounds a text from elsewhere within a line, in bytes.
const longest = 300

// Text returns an answer for people, in a few lines. dir is the folder to which paths are shown
// relative.
func Text(w control.Why, dir string) string {
	t := text{w, dir}
	lines := []string{t.shown(cmp.Or(w.ReachedBy, w.File)) + ": " + t.does()}
	switch {
	case w.IsFolder, w.Reason == control.ReasonProject:
	case w.ReachedBy != "":
		lines = append(lines, "watched as "+t.shown(w.File)+because(t.in()))
	case w.Counts:
		lines = append(lines, "watched"+because(t.in()))
	case len(w.Rules) > 0: // which say that it does nothing
		lines = append(lines, "not watched"+because(t.out()))
	}
	if w.Kept && w.Counts {
		lines = append(lines, "swaps are paused: a change is kept until hotswap resume")
	}
	for i, line := range lines {
		lines[i] = plain.Line(line)
	}
	return strings.Join(lines, "\n")
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return " because " + text
}

type text struct {
	control.Why
	dir string
}

// shown returns a path as people write it from the current folder.
func (t text) shown(path string) string {
	return plain.Short(relative(t.dir, path), longest)
}

func quoted(text string) string  { return `"` + plain.Short(text, longest) + `"` }
func command(text string) string { return "`" + plain.Short(text, longest) + "`" }

// does returns what a change does.
func (t text) does() string {
	w := t.Why
	switch {
	case w.IsFolder && w.Folder == "" && w.Reason != rules.Outside.String():
		return "a folder; ask for a file in it, or for all that count: hotswap watch"
	case w.IsFolder:
		return "no file in this folder counts: " + t.out()
	case w.Reason == control.ReasonProject:
		return "hotswap reads the file anew at each change; only another command or env_file swaps"
	case w.NotReached:
		return "no change is noticed: the folder is not watched, because a symbolic link leads to it or it cannot be read"
	}
	for _, r := range w.Rules {
		if r.Nothing && r.Run == "" {
			return fmt.Sprintf("a change does nothing: %s says so (%s)", quoted(r.Pattern), r.Where)
		}
	}
	switch changes.Reason(w.Unwanted) {
	case changes.NotLoaded:
		return "a change does nothing: no process of the program has loaded it (--watch has it count)"
	case changes.Open:
		return "a change does nothing: the program had the file open for writing at the last change"
	case changes.ByProgram, changes.ByBuild:
		return "a change does nothing where " + writer(w.Unwanted) + " writes the file, as at the last change; otherwise it " + t.actions(!slices.ContainsFunc(w.Rules, instead))
	}
	if !w.Counts {
		return "a change does nothing: " + t.out()
	}
	return "a change " + t.actions(w.Swaps)
}

// instead reports whether a rule takes the place of a swap.
func instead(r control.WhyRule) bool { return r.Signal != "" || r.Browser != "" || r.Nothing }

func writer(why string) string {
	if changes.Reason(why) == changes.ByBuild {
		return "a command of a rule"
	}
	return "the program itself"
}

// actions returns what the rules do, and whether a swap follows.
func (t text) actions(swaps bool) string {
	var runs, rest []string
	for _, r := range t.Rules {
		switch {
		case r.Run != "" && r.Once:
			runs = append(runs, fmt.Sprintf("%s if its inputs have another content (%s)", command(r.Run), r.Where))
		case r.Run != "":
			runs = append(runs, fmt.Sprintf("%s (%s)", command(r.Run), r.Where))
		case r.Signal != "":
			rest = append(rest, fmt.Sprintf("sends %s to the program (%s)", r.Signal, r.Where))
		case r.Browser == "css":
			rest = append(rest, fmt.Sprintf("has browsers load style sheets again (%s)", r.Where))
		case r.Browser != "":
			rest = append(rest, fmt.Sprintf("reloads the pages in browsers (%s)", r.Where))
		}
	}
	if len(runs) > 0 {
		rest = append([]string{"runs " + strings.Join(runs, " and ")}, rest...)
	}
	text := strings.Join(rest, " and ")
	switch {
	case swaps && text == "":
		return "swaps"
	case swaps:
		return text + ", then swaps"
	case text == "":
		return "does nothing"
	}
	return text + ", without a swap"
}

// out returns why the file does not count.
func (t text) out() string {
	name := "it"
	if t.Folder != "" && t.Folder != t.File {
		name = "the folder " + t.shown(t.Folder)
	}
	switch t.Reason {
	case control.ReasonNoWatch:
		return "no files are watched (--no-watch)"
	case control.ReasonOutput:
		return fmt.Sprintf("it is an output of %s (%s)", command(t.OutputOf), t.Source)
	case rules.Ignored.String():
		return t.says(quoted(t.Pattern), "names "+name)
	case rules.Outside.String():
		return "it lies outside of what is watched (--watch adds paths)"
	case rules.NoSource.String():
		return fmt.Sprintf("%s is a folder of packages, builds or tools (--watch overrides that)", t.shown(t.Folder))
	case rules.GitIgnored.String():
		return fmt.Sprintf("git ignores %s: %s:%d: %s", name, t.shown(t.Source), t.Line, plain.Short(t.Pattern, longest))
	case rules.EditorTemp.String():
		return "it is named like a temporary file of an editor"
	case rules.Unmatched.String():
		return "only what a pattern matches counts there, and none matches"
	case rules.Data.String():
		return "it is named like a log, a database or a lock file (--watch overrides that)"
	case rules.OtherKind.String():
		switch {
		case t.Asked:
			return t.says("ext", "names other extensions")
		case t.Extension == "":
			return "files without an extension do not count" + t.forCommands()
		}
		return quoted(t.Extension) + " files do not count" + t.forCommands()
	}
	return t.Reason
}

// says returns that a line or an option says something: an option of the command line by its
// name, and what is given elsewhere with its place.
func (t text) says(what, says string) string {
	switch option := strings.HasPrefix(t.Source, "--"); {
	case option && strings.HasPrefix(what, `"`):
		return t.Source + " " + what + " " + says
	case option:
		return t.Source + " " + says
	case t.Source == "": // from an older hotswap
		return what + " " + says
	}
	return fmt.Sprintf("%s %s (%s)", what, says, t.Source)
}

// in returns why the file counts.
func (t text) in() string {
	switch t.Reason {
	case rules.Named.String(), rules.Matched.String():
		switch {
		case t.Pattern != "":
			return t.says(quoted(t.Pattern), "names it")
		case t.Source != "":
			return t.says("env_file", "names it")
		case t.Program:
			return "it is the program's own file"
		}
		return "it is named"
	case rules.Loaded.String():
		return "a process of the program has loaded it"
	case rules.Package.String():
		return "it is a folder of installed packages, which counts as one file"
	case rules.Environment.String():
		return "it is a file that programs read when they start"
	case rules.OfKind.String():
		switch {
		case t.Program:
			return "it is the program's own file"
		case t.Extension == "":
			return "programs read a file of this name when they start"
		case t.Asked:
			return t.says("ext", "names "+quoted(t.Extension))
		}
		return quoted(t.Extension) + " files count" + t.forCommands()
	}
	return ""
}

// forCommands says which commands tell the extensions.
func (t text) forCommands() string {
	if len(t.Commands) == 0 {
		return ""
	}
	return " for: " + plain.Short(strings.Join(t.Commands, ", "), longest)
}
