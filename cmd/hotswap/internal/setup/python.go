package setup

import (
	"regexp"
	"slices"
	"strings"
)

// flaskDebug sets the variable by which flask run watches files.
var flaskDebug = regexp.MustCompile(`(?m)^(?:export +)?FLASK_DEBUG *= *["']?(?:1|[Tt]rue)`)

// flaskDebugs reports whether a variable before the command, or a file of Flask's, sets it.
func (p *project) flaskDebugs(lead []word) bool {
	flaskenv, _ := p.read(".flaskenv")
	env, _ := p.read(".env")
	return flaskDebug.MatchString(flaskenv) || flaskDebug.MatchString(env) ||
		slices.ContainsFunc(lead, func(w word) bool { return flaskDebug.MatchString(w.raw) })
}

// reloads is a call by which a Python script starts a server that watches files.
var reloads = regexp.MustCompile(`\.run\([^()]*(?:\([^()]*\)[^()]*)*\b(reload|use_reloader|auto_reload|debug) *= *True`)

// coded looks for such a call in the script of a Python command.
func (p *project) coded(script word) *Found {
	if !strings.HasSuffix(script.text, ".py") {
		return nil
	}
	text, _ := p.read(script.text)
	m := reloads.FindStringSubmatch(text)
	if m == nil || m[1] == "debug" && (!strings.Contains(text, "Flask(") || strings.Contains(text, "use_reloader")) {
		return nil
	}
	off := strings.Replace(m[1], "debug", "use_reloader", 1) + "=False"
	return &Found{Watcher: "run with " + m[1] + "=True", Refuse: "write " + off + " in " + script.text}
}
