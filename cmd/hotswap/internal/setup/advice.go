package setup

import (
	"cmp"
	"errors"
	"io/fs"
	"strings"

	yamlfile "github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Advice says in one line that a command watches files itself; "" if the command does not. The
// command runs in the folder of files.
func Advice(files fs.FS, argv []string) string {
	text := join(plainWords(argv))
	p := newProject(files)
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

// Line returns what to type in the folder of files to run its program; "" if nothing says which that is.
func Line(files fs.FS) string {
	found, err := Propose(files)
	p := newProject(files)
	_, text, runs := p.usually(p.starts)
	switch {
	case errors.Is(err, ErrDone):
		_, _, runs = p.usually(runsHotswap)
		return runs
	// PORT=3 node a.js
	case err == nil && (!found.whole || len(found.Keys)+len(found.Left) > 0 && !p.has(yamlfile.Name) ||
		yamlfile.Split(found.Command)[0] == "sh"):
		return "hotswap init"
	case err == nil:
		return found.Line()
	case text != "" && p.isRoot():
		return ""
	case text != "":
		return cmp.Or(once(text), "hotswap -- "+runs)
	}
	return p.guess()
}

// usually returns the likeliest script of which of is true, and how people run it; "": there is none.
func (p *project) usually(of func(text string) bool) (name, text, runs string) {
	for _, name := range usual {
		if text := p.manifest.Scripts[name]; of(text) {
			return name, text, cmp.Or(managerOf(p.files), NearestManager()) + " run " + name
		}
	}
	return "", "", ""
}

// starts reports whether a script may run a server. A compiler that watches does not.
func (p *project) starts(text string) bool { return text != "" && p.compiles(text) == "" }

// fastAPI is where a file of Python makes an application of FastAPI.
var fastAPI = lazy.Pattern(`(?m)^(\w+)(?: *: *\w+)? *= *FastAPI\(`)

// guess returns what to type for a program that no file of another tool names; "": nothing shows which that is.
func (p *project) guess() string {
	for _, file := range [...]string{"main", "app", "app/main"} {
		if m := fastAPI().FindStringSubmatch(p.read(file + ".py")); m != nil {
			return "hotswap -- uvicorn " + strings.ReplaceAll(file, "/", ".") + ":" + m[1]
		}
	}
	if p.has("manage.py") {
		return "hotswap -- python3 manage.py runserver --noreload"
	}
	mains, _ := fs.Glob(p.files, "cmd/*/main.go")
	if p.has("main.go") {
		mains = append(mains, "main.go")
	}
	if !p.has("go.mod") || len(mains) != 1 {
		return ""
	}
	folder := strings.TrimSuffix(strings.TrimSuffix(mains[0], "main.go"), "/")
	return "hotswap --build 'go build -o tmp/server ./" + folder + "' -- tmp/server"
}
