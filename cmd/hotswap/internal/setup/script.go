package setup

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// Bounds for scripts that run scripts.
const (
	depthLimit  = 8
	followLimit = 100 // scripts looked at
)

// hit is a watcher in a script.
type hit struct {
	*watcher.Found
	script string // the script of package.json that has it; "" if no script has
	after  string // that script with hotswap in the watcher's place
	old    string // what hotswap replaces
}

// inScript looks for a watcher in a script of package.json.
func (p *project) inScript(name string, depth int) *hit {
	text, ok := p.Manifest("").Scripts[name]
	if p.followed++; !ok || depth > depthLimit || p.followed > followLimit {
		return nil
	}
	h := p.inText(text, depth+1)
	if h != nil && h.script == "" {
		h.script = name
	}
	return h
}

// inText looks for a watcher in a shell script. The first that runs a server counts; the
// others are named.
func (p *project) inText(text string, depth int) (first *hit) {
	leaves, ok := p.parse(text)
	if !ok || depth > depthLimit {
		return nil
	}
	for _, l := range leaves {
		from, dir, ok := context(l)
		if !ok {
			continue
		}
		h := p.inLeaf(l, dir, depth)
		if h == nil {
			continue
		}
		if first != nil {
			first.second(h)
			continue
		}
		if first = h; h.script == "" { // not in a script of package.json that this one runs
			if h.after == "" { // the whole command
				h.old, h.after = text[from:l.To], text[:from]+"hotswap"+text[l.To:]
				h.Command = text[from:l.From] + h.Command
			} else {
				h.after = text[:l.From] + h.after + text[l.To:]
			}
		}
	}
	return first
}

// context returns where the commands begin that a command needs before it in the same shell,
// such as cd, and in which folder it runs. ok is false if that is unknown.
func context(l shell.Leaf) (from int, dir string, ok bool) {
	from = l.From
	for _, b := range l.Before {
		if !b.Stateful() {
			continue
		}
		if b.List != l.List {
			return 0, "", false
		}
		from = min(from, b.From)
		if b.Words[0].Text == "cd" {
			if len(b.Words) != 2 || !b.Words[1].Known || path.IsAbs(b.Words[1].Text) {
				return 0, "", false
			}
			if dir = path.Join(dir, b.Words[1].Text); dir == ".." || strings.HasPrefix(dir, "../") {
				return 0, "", false
			}
		}
	}
	return from, strings.TrimPrefix(dir, "."), true
}

// inLeaf looks for a watcher in a simple command, and in the scripts that it runs.
func (p *project) inLeaf(l shell.Leaf, dir string, depth int) *hit {
	if f := p.Find(l.Words, dir); f != nil {
		return &hit{Found: f, old: shell.Join(l.Words)}
	}
	if dir != "" {
		return nil
	}
	var first *hit
	for _, name := range p.scriptsOf(l.Words) {
		h := p.inScript(name, depth)
		if first == nil {
			first = h
		} else if h != nil {
			first.second(h)
		}
	}
	if first == nil {
		first = p.inConcurrently(l, depth)
	}
	if first == nil {
		first = p.inShell(l, depth)
	}
	return first
}

// inShell looks for a watcher in the script of sh -c.
func (p *project) inShell(l shell.Leaf, depth int) *hit {
	at := watcher.Program(l.Words)
	script, ok := shellScript(l.Words[min(at, len(l.Words)):])
	if p.followed++; !ok || p.followed > followLimit {
		return nil
	}
	h := p.inText(script, depth+1)
	switch {
	case h == nil || h.script != "":
	case at == 0 && h.after == "hotswap":
		h.after = "" // hotswap stands in the place of sh, too
		if leaves, _ := p.parse(h.Command); len(leaves) != 1 && watcher.Base(l.Words[0]) != "sh" {
			h.Command = shell.Join([]shell.Word{l.Words[0], l.Words[1], shell.Plain(p.outside(h.Command))}) // bash knows more words than sh
		}
	default:
		words := slices.Clone(l.Words)
		words[at+2] = shell.Word{Raw: quoteAs(words[at+2].Raw, h.after)}
		h.after = shell.Join(words)
	}
	return h
}

// scriptsOf returns the scripts of package.json that a command runs: npm run, pnpm, yarn, bun
// run, node --run, and npm-run-all.
func (p *project) scriptsOf(words []shell.Word) (names []string) {
	at := watcher.Program(words)
	if at >= len(words) || !words[at].Known {
		return nil
	}
	scripts := p.Manifest("").Scripts
	name, args := watcher.Base(words[at]), words[at+1:]
	switch name {
	case "npm", "pnpm", "yarn", "bun", "node":
		for len(args) > 0 && (args[0].Text == "-s" || args[0].Text == "--silent") {
			args = args[1:]
		}
		runs := len(args) > 0 && slices.Contains([]string{"run", "run-script", "--run"}, args[0].Text)
		if runs {
			args = args[1:]
		}
		for len(args) > 0 && (args[0].Text == "-s" || args[0].Text == "--silent") {
			args = args[1:]
		}
		if len(args) != 1 || !args[0].Known { // arguments for the script would become hotswap's
			return nil
		}
		script := args[0].Text
		if _, ok := scripts[script]; !ok || !runs && (name == "node" || name == "bun" || name == "npm" && script != "start") {
			return nil
		}
		return []string{script}
	case "npm-run-all", "npm-run-all2", "run-p", "run-s", "run-z":
		for _, w := range args {
			if w.Known && !strings.HasPrefix(w.Text, "-") {
				names = append(names, matching(scripts, w.Text)...)
			}
		}
	}
	return names
}

// matching returns the scripts whose names match a pattern such as dev:*.
func matching(scripts map[string]string, pattern string) (names []string) {
	glob := strings.ReplaceAll(pattern, ":", "/")
	for name := range scripts {
		if !manyBraces(glob) && doublestar.MatchUnvalidated(glob, strings.ReplaceAll(name, ":", "/")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// concurrentlyValued are the options of concurrently that take a value.
var concurrentlyValued = strings.Fields(`-n --names -c --prefix-colors -p --prefix -l --prefix-length -t --timestamp-format -s --success
	--restart-tries --restart-after --default-input-target -m --max-processes --kill-signal --ks --hide --names-separator -P`)

// inConcurrently looks for a watcher in the scripts that concurrently runs.
func (p *project) inConcurrently(l shell.Leaf, depth int) (first *hit) {
	at := watcher.Program(l.Words)
	if at >= len(l.Words) || watcher.Base(l.Words[at]) != "concurrently" && watcher.Base(l.Words[at]) != "conc" {
		return nil
	}
	for i := at + 1; i < len(l.Words); i++ {
		w := l.Words[i]
		if w.Known && slices.Contains(concurrentlyValued, w.Text) {
			i++
			continue
		}
		if !w.Known || strings.HasPrefix(w.Text, "-") {
			continue
		}
		h := p.inArgument(w, depth)
		switch {
		case h == nil:
		case first != nil:
			first.second(h)
		default:
			first = h
			if h.script == "" {
				words := slices.Clone(l.Words)
				words[i] = shell.Word{Raw: quoteAs(w.Raw, h.after)}
				h.after = shell.Join(words)
			}
		}
	}
	return first
}

// inArgument looks for a watcher in an argument of concurrently: a script, or npm:NAME.
func (p *project) inArgument(w shell.Word, depth int) (first *hit) {
	if p.followed++; p.followed > followLimit {
		return nil
	}
	pattern, named := strings.CutPrefix(w.Text, "npm:")
	if !named {
		return p.inText(w.Text, depth+1)
	}
	for _, name := range matching(p.Manifest("").Scripts, pattern) {
		if h := p.inScript(name, depth); h != nil {
			if first == nil {
				first = h
			} else {
				first.second(h)
			}
		}
	}
	return first
}

// second names another server of the same script.
func (h *hit) second(other *hit) {
	h.Leave("a second server, " + other.old + ": give it a hotswap of its own")
}

// quoteAs quotes text with the quotes of another word, which people choose for Windows too.
func quoteAs(raw, text string) string {
	if strings.HasPrefix(raw, `"`) && !strings.ContainsAny(text, "\"\\$`!") {
		return `"` + text + `"`
	}
	return shell.Quote(text)
}
