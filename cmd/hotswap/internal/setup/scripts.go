package setup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// followLimit bounds the scripts that are looked at, because scripts may run each other.
const followLimit = 100

func (p *project) inScript(name string) *Proposal {
	h := p.inText(p.manifest.Scripts[name])
	if h != nil && h.script == "" {
		h.script = name
	}
	return h
}

// inText looks for a watcher in a shell script. The first counts.
func (p *project) inText(text string) (first *Proposal) {
	commands, ok := split(text)
	p.followed++
	if !ok || p.followed > followLimit {
		return nil
	}
	changed := false // a command before has changed the shell, as cd does
	var parts []string
	for _, c := range commands {
		h := p.inCommand(c.Words)
		parts = append(parts, join(c.Words))
		switch {
		case h != nil:
			h.Refused = h.Refused || changed
			first = cmp.Or(first, h)
		case stateful(c):
			changed = true
		}
	}
	p.join(first, parts, strings.TrimSpace(text))
	return first
}

// join has compilers that run beside the watcher run beside the server, if nothing else does, and hotswap in the place
// of all.
func (p *project) join(first *Proposal, parts []string, all string) {
	if first == nil || len(parts) == 1 {
		return
	}
	var compilers []compiling
	for _, text := range parts {
		if ready := p.compiles(text); ready != "" {
			compilers = append(compilers, compiling{text, ready})
		}
	}
	first.whole = first.whole && len(compilers) == len(parts)-1 && first.beside(compilers)
	if first.whole {
		first.Old, first.script = all, ""
	}
}

var (
	// scripted is a program that runs scripts in its arguments.
	scripted = lazy.Pattern(`^(concurrently|conc|sh|bash|dash)$`)
	valued   = lazy.Pattern(
		`^(-n|--names|-p|--prefix|-c|--prefix-colors|-s|--success|-m|--max-processes|--kill-signal)$`)
	runsScript = lazy.Pattern(`^(?:(?:cross-env |env |exec )?(?:\w+=\S* )*)(?:\S*/)?` +
		`(?:npm(?: -s| --silent)* (start)|(?:(?:npm|pnpm|yarn|bun|node)(?: -s| --silent)* (?:run|run-script|--run)|pnpm|yarn)(?: -s| --silent)* ([\w:./@-]+))$`)
)

// inCommand looks for a watcher in a simple command, and in the scripts that it runs.
func (p *project) inCommand(words []word) (first *Proposal) {
	if name := scriptOf(words); p.manifest.Scripts[name] != "" {
		return p.inScript(name)
	}
	if n := outside(words); n > 0 {
		h := p.inCommand(words[n:])
		switch {
		case h == nil:
		case h.whole && h.script == "":
			h.Outer, h.Old = join(words[:n]), join(words)
		default: // hotswap is behind the wrapper in any case
			h.whole = false
		}
		return h
	}
	if f := p.find(words); f != nil {
		return f
	}
	all := programs(words)
	runs := slices.IndexFunc(all, func(at int) bool { return scripted().MatchString(base(words[at])) })
	if runs < 0 {
		return nil
	}
	var parts []string
	for i := all[runs] + 1; i < len(words); i++ {
		text := words[i].Text
		if strings.HasPrefix(text, "-") || !strings.Contains(text, " ") && valued().MatchString(words[i-1].Text) {
			continue
		}
		if script, ok := strings.CutPrefix(text, "npm:"); ok { // of concurrently
			text = "npm run " + script
		}
		parts = append(parts, text)
		h := p.inText(text)
		if first != nil && h != nil {
			first.leave("a second server, " + h.Old)
		}
		first = cmp.Or(first, h)
	}
	p.join(first, parts, join(words[all[runs]:]))
	return first
}

// scriptOf returns the script of package.json that a command runs by npm run, pnpm, yarn, bun run
// or node --run; "" if the command runs none, or passes arguments to it.
func scriptOf(words []word) string {
	m := runsScript().FindStringSubmatch(join(words))
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

func runsHotswap(script string) bool {
	commands, _ := split(script)
	return slices.ContainsFunc(commands, func(c simple) bool {
		return slices.ContainsFunc(programs(c.Words), func(at int) bool { return base(c.Words[at]) == "hotswap" })
	})
}
