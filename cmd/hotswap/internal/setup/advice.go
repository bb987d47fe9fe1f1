package setup

import (
	"io/fs"
	"regexp"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
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
		return p.reloads(plainWords(argv))
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

// reloaders restart the Python program whose code starts them, by what ends that. The code is without blanks and quotes.
var reloaders = map[string]func() *regexp.Regexp{
	"autoreload=False":           lazy.Pattern(`tornado[\s\S]*\b(debug|autoreload)=True`),
	"engine.autoreload.on:False": lazy.Pattern(`cherrypy\.(quickstart|engine\.start)\(`),
	"use_reloader=False":         lazy.Pattern(`flask[\s\S]*\.run\([^)]*\b(debug|use_reloader)=True`),
	"reload=False":               lazy.Pattern(`uvicorn\.run\([^)]*\breload=True`),
}

// reloads is Advice about the reloader that the program's first file starts.
func (p *project) reloads(words []word) string {
	for _, at := range programs(words) {
		name := words[at].Text
		text, _ := p.read(name)
		text = strings.NewReplacer(" ", "", "'", "", `"`, "").Replace(text)
		for off, starts := range reloaders {
			if strings.HasSuffix(name, ".py") && starts().MatchString(text) && !strings.Contains(text, off) {
				return name + " starts a reloader, which restarts the program itself, and the port is closed meanwhile; write " + off + " there"
			}
		}
	}
	return ""
}
