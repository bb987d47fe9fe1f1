package setup

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// followLimit bounds the scripts that are looked at, because scripts may run each other.
const followLimit = 100

// inScript looks for a watcher in a script of package.json.
func (p *project) inScript(name string) *Proposal {
	h := p.inText(p.manifest.Scripts[name])
	if h != nil && h.Script == "" {
		h.Script = name
	}
	return h
}

// inText looks for a watcher in a shell script. The first counts; the others are named.
func (p *project) inText(text string) (first *Proposal) {
	commands, ok := split(text)
	if p.followed++; !ok || p.followed > followLimit {
		return nil
	}
	changed := "" // what has changed the shell before
	for _, c := range commands {
		h := p.inCommand(c)
		switch {
		case h != nil:
			h.whole = h.whole && len(commands) == 1
			if changed != "" {
				h.Refuse = cmp.Or(h.Refuse, "hotswap init does not know what "+changed+" does for it")
			}
			first = first.and(h)
		case c.stateful():
			changed = join(c.words)
		}
	}
	return first
}

// and returns the first of two watchers, and names the second.
func (p *Proposal) and(other *Proposal) *Proposal {
	if p == nil {
		return other
	}
	p.leave("a second server, " + other.Old + ": give it a hotswap of its own")
	return p
}

var (
	// scripted is a program that runs scripts in its arguments.
	scripted   = lazy.Pattern(`^(concurrently|conc|sh|bash|dash)$`)
	runsScript = lazy.Pattern(`^(?:(?:cross-env |env |exec )?(?:\w+=\S* )*)(?:\S*/)?` +
		`(?:npm(?: -s| --silent)* (start)|(?:(?:npm|pnpm|yarn|bun|node)(?: -s| --silent)* (?:run|run-script|--run)|pnpm|yarn)(?: -s| --silent)* ([\w:./@-]+))$`)
)

// inCommand looks for a watcher in a simple command, and in the scripts that it runs.
func (p *project) inCommand(c simple) (first *Proposal) {
	if name := scriptOf(c.words); p.manifest.Scripts[name] != "" {
		return p.inScript(name)
	}
	if f := p.find(c.words); f != nil {
		return &Proposal{Found: *f, Old: join(c.words), whole: true}
	}
	if !slices.ContainsFunc(programs(c.words), func(at int) bool { return scripted().MatchString(base(c.words[at])) }) {
		return nil
	}
	for _, w := range c.words {
		if !strings.Contains(w.text, " ") {
			continue
		}
		if h := p.inText(w.text); h != nil {
			h.whole = false
			first = first.and(h)
		}
	}
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

// runsHotswap reports whether a command of a script is hotswap.
func runsHotswap(script string) bool {
	commands, _ := split(script)
	return slices.ContainsFunc(commands, func(c simple) bool {
		return slices.ContainsFunc(programs(c.words), func(at int) bool { return base(c.words[at]) == "hotswap" })
	})
}
