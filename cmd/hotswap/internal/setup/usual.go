package setup

import (
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

var (
	devTarget = lazy.Pattern(`(?m)^(?:dev|serve|run|start):[ \t]*([\w. \t-]*)\n((?:\t.*(?:\n|$))+)`)
	isServer  = lazy.Pattern(`(?m)^[ \t]*(?:app|application|server|uvicorn|hypercorn|bottle|web)\.run(?:_app)?\(`)
	isFastAPI = lazy.Pattern(`(?m)^(\w+)\s*=\s*FastAPI\(`)
)

// recipe returns what a Makefile runs for people who develop; "" if it runs nothing, or what only make understands.
func (p *project) recipe() string {
	text, _ := p.read("Makefile")
	m := devTarget().FindStringSubmatch(text)
	if m == nil || strings.ContainsAny(m[2], `$\`) {
		return ""
	}
	var lines []string
	if before := strings.TrimSpace(m[1]); before != "" {
		lines = append(lines, "make "+before)
	}
	for line := range strings.Lines(m[2]) {
		line = strings.TrimLeft(strings.TrimSpace(line), "@-+ ")
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "echo ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " && ")
}

// rack returns the command of a program in config.ru.
func (p *project) rack() string {
	switch {
	case p.has("bin/rails"):
		return "bin/rails server"
	case p.has("Gemfile"):
		return "bundle exec rackup"
	}
	return "rackup"
}

// python returns the command of a server that a file of Python has; "": it has none.
func (p *project) python(file string) string {
	text, _ := p.read(file)
	if isServer().MatchString(text) {
		return "python3 " + file
	}
	if m := isFastAPI().FindStringSubmatch(text); m != nil {
		return "uvicorn " + strings.TrimSuffix(file, ".py") + ":" + m[1]
	}
	return ""
}
