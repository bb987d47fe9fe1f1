package setup

import (
	"io/fs"
	"strings"
)

// Advice says in one line that a command watches files itself; "" if the command does not. The
// command runs in the folder of files.
func Advice(files fs.FS, argv []string) string {
	text := join(plainWords(argv))
	p, _ := newProject(files)
	h := p.inText(text)
	if h == nil {
		if commands, ok := split(text); ok && runsHotswap(p.manifest.Scripts[scriptOf(commands[0].Words)]) {
			return text + " runs hotswap itself; start it without hotswap before it"
		}
		return ""
	}
	says := h.Watcher
	if !strings.HasPrefix(text, says) {
		says = text + " runs " + says + ", which"
	}
	says += " restarts the program itself, and the port is closed meanwhile; "
	if h.off != "" {
		return says + "add " + h.off + " to the command"
	}
	return says + "give hotswap the command without it, as hotswap init does"
}
