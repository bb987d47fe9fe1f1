package setup

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// Advice says what to write instead of a command that watches files itself, in one line; ""
// if the command does not. It runs in the folder here; npm run reads package.json in the folder
// scripts. above is as for Look, from the folder scripts on.
func Advice(here, scripts fs.FS, command []string, above ...fs.FS) string {
	words := shell.PlainWords(command)
	if f := newProject(here).Find(words, ""); f != nil {
		return advice(f, shell.Join(words), nil, "")
	}
	p := newProject(scripts, above...)
	l := shell.Leaf{Words: words}
	if script, ok := shellScript(words); ok {
		if h := p.inText(script, 0); h != nil {
			return advice(h.Found, h.old, h, "the command of sh -c")
		}
		return ""
	}
	h := p.inLeaf(l, "", 0)
	if h == nil {
		for _, name := range p.scriptsOf(words) {
			if p.runsHotswap(p.Manifest("").Scripts[name]) {
				return shell.Join(words) + " runs hotswap itself; start it without hotswap before it"
			}
		}
		return ""
	}
	if h.script == "" {
		return advice(h.Found, h.old, h, "that command")
	}
	if h.after == "hotswap" {
		h.Command = p.outside(h.Command)
		return advice(h.Found, shell.Join(words), nil, "")
	}
	return advice(h.Found, h.old, h, "the script "+h.script+" of package.json")
}

// shellScript returns the script of sh -c.
func shellScript(words []shell.Word) (script string, ok bool) {
	if len(words) != 3 || words[1].Text != "-c" || !words[2].Known || !slices.Contains([]string{"sh", "bash", "dash", "zsh"}, watcher.Base(words[0])) {
		return "", false
	}
	return words[2].Text, true
}

// advice returns the line. h is nil if the watcher is the whole of the command; otherwise it
// is a part of the script that in names.
func advice(f *watcher.Found, old string, h *hit, in string) string {
	says := f.Watcher
	if !strings.HasPrefix(old, f.Watcher) {
		says = old + " runs " + f.Watcher + ", which"
	}
	says += " restarts the program itself, and the port is closed meanwhile; "
	options, ok := asOptions(f)
	switch {
	case f.Refuse != "":
		return says + f.Refuse
	case h != nil && h.script != "":
		return fmt.Sprintf("%sin %s write hotswap %s-- %s instead of %s, and start the script without hotswap", says, in, options, f.Command, old)
	case !ok || len(f.Left) > 0:
		return says + "hotswap init makes a hotswap.yaml for it"
	case h != nil && h.after != "hotswap":
		return fmt.Sprintf("%sin %s write %s instead of %s", says, in, f.Command, old)
	}
	return fmt.Sprintf("%swrite: hotswap %s-- %s", says, options, argv(f))
}

// argv returns the command as the arguments of hotswap, which has no shell.
func argv(f *watcher.Found) string {
	leaves, ok := shell.Parse(f.Command)
	if ok && len(leaves) == 1 && leaves[0].From == 0 && leaves[0].To == len(f.Command) &&
		!slices.ContainsFunc(leaves[0].Words, func(w shell.Word) bool { return !w.Known }) {
		if shell.IsAssignment(leaves[0].Words[0]) {
			return "env " + f.Command
		}
		return f.Command
	}
	return "sh -c " + shell.Quote(f.Command)
}

// asOptions returns the keys and rules as options of the command line, with a space behind them;
// ok is false if the command line cannot say them.
func asOptions(f *watcher.Found) (text string, ok bool) {
	var b strings.Builder
	for _, k := range f.Keys {
		for _, v := range k.Values {
			b.WriteString("--" + k.Name)
			if v != "true" {
				b.WriteString(" " + shell.Quote(v))
			}
			b.WriteString(" ")
		}
	}
	for _, r := range f.Rules {
		if len(r.Change) > 0 {
			return "", false
		}
		b.WriteString("--build " + shell.Quote(r.Run) + " ")
	}
	return b.String(), true
}
