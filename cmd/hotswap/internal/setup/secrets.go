package setup

import (
	"io/fs"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/launchers"
)

// Line returns what to type to run the command.
func (f *Proposal) Line() string { return strings.TrimSpace(f.Outer + " hotswap -- " + f.Command) }

// Instead returns what to write in the place of what was found.
func (p *Proposal) Instead() string {
	if p.Outer == "" {
		return "hotswap"
	}
	return p.Line()
}

// outside returns where the command begins that the last wrapper starts which asks a service for secrets; 0: there is
// none, or no -- shows where.
func outside(words []word) (n int) {
	asks := false
	for _, at := range programs(words) {
		if asks && words[at-1].Text == "--" {
			n, asks = at, false
		}
		asks = asks || launchers.Named(base(words[at])).Asks
	}
	return n
}

// once returns the line by which such a wrapper asks once, before hotswap; "" if the text is something else.
func once(text string) string {
	commands, ok := split(text)
	if ok && len(commands) == 1 {
		words := commands[0].Words
		if n := outside(words); n > 0 {
			return join(words[:n]) + " hotswap -- " + join(words[n:])
		}
	}
	return ""
}

// Once says what to write so that a wrapper asks a service for secrets once, and not at each save; "" if the command
// has no such wrapper. It runs in the folder of files.
func Once(files fs.FS, argv []string) string {
	words := plainWords(argv)
	line, in := once(join(words)), ""
	if line == "" {
		p := newProject(files)
		name := scriptOf(words)
		line, in = once(p.manifest.Scripts[name]), ", in the script "+name+" of package.json"
	}
	who, _, is := strings.Cut(line, " -- hotswap ")
	if !is {
		return ""
	}
	return "each save runs " + who + " again, before the program; to run it once, write " + line + in +
		" (then a new secret needs a new start of hotswap)"
}
