package why

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// mostShown is how many entries of a list a line shows.
const mostShown = 20

// Summary returns what is watched for people, without the files. dir is the folder to which
// paths are shown relative.
func Summary(w control.Watch, dir string) string {
	if w.Off {
		return "no files are watched (--no-watch)"
	}
	out := []string{
		fmt.Sprintf("%s in %s", human.Count(w.Count, "file"), human.Count(w.Folders, "watched folder")),
		line("below", relatives(dir, w.Bases)), line("gone", relatives(dir, w.Gone)), line("extensions", extensions(w)),
		line("in addition", places(w.Patterns)), line("does nothing", places(w.Ignored)),
		line("installed packages", relatives(dir, w.Packages)), line("variables", w.EnvFiles),
	}
	if w.Polled > 0 {
		out = append(out, fmt.Sprintf("  polled: %s (%s)", human.Count(w.Polled, "folder"), strings.Join(w.PolledFor, ", ")))
	}
	var lines []string
	for _, text := range out {
		if text != "" {
			lines = append(lines, plain.Short(text, 2000))
		}
	}
	return strings.Join(lines, "\n")
}

func line(what string, entries []string) string {
	if len(entries) == 0 {
		return ""
	}
	if n := len(entries); n > mostShown {
		entries = append(entries[:mostShown:mostShown], fmt.Sprintf("%d more", n-mostShown))
	}
	return "  " + what + ": " + strings.Join(entries, ", ")
}

func extensions(w control.Watch) []string {
	why := "of all languages; the command does not tell"
	switch {
	case w.Asked:
		why = cmp.Or(w.AskedBy, "--ext")
	case w.Languages != "":
		why = w.Languages + ", by: " + plain.Short(strings.Join(w.Commands, ", "), longest)
	}
	if w.Any {
		return []string{"all (" + why + ")"}
	}
	return []string{strings.Join(w.Extensions, " ") + " (" + why + ")"}
}

func places(all []control.Place) (texts []string) {
	for _, p := range all {
		texts = append(texts, fmt.Sprintf("%s (%s)", quoted(p.Pattern), p.Where))
	}
	return texts
}

func relatives(dir string, paths []string) (out []string) {
	for _, p := range paths {
		out = append(out, relative(dir, p))
	}
	return out
}

// name returns a file of the list, which is relative to root, as people write it in dir.
func name(root, dir, file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(cmp.Or(root, dir), file)
	}
	return plain.Line(relative(dir, file))
}
