package watcher

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
)

// byFile is a setting in a file by which a program watches without an option.
type byFile struct {
	files     string // separated by spaces
	says      string // a regular expression
	variables bool   // the files have variables, which the command line may set as well
	refuse    string // the setting is in the way; what to do
}

// said reports whether one of the files, or a variable before the command, switches watching
// on.
func (t *taking) said(b byFile) bool {
	says := regexp.MustCompile(b.says)
	yes := b.variables && slices.ContainsFunc(t.lead, func(w shell.Word) bool { return w.Known && says.MatchString(w.Text) })
	for name := range strings.FieldsSeq(b.files) {
		text, _ := t.p.Read(path.Join(t.f.Dir, name))
		yes = yes || says.MatchString(text)
	}
	if yes && b.refuse != "" {
		t.f.Refuse = b.refuse
	}
	return yes
}

// coded are calls by which a Python script switches on a watcher of its own.
var coded = []struct {
	call    *regexp.Regexp
	name    string
	instead string
}{
	{regexp.MustCompile(`\buvicorn\.run\([^()]*(?:\([^()]*\)[^()]*)*\breload *= *True`), "uvicorn.run with reload=True", "write reload=False in "},
	{regexp.MustCompile(`\.run\([^()]*(?:\([^()]*\)[^()]*)*\b(?:use_reloader|auto_reload) *= *True`), "run with a reloader", "switch the reloader off in "},
}

// debugRun is what Flask takes for a reloader as well.
var debugRun = regexp.MustCompile(`\bapp\.run\([^()]*(?:\([^()]*\)[^()]*)*\bdebug *= *True`)

// coded looks for such a call in the script of a Python command.
func (p *Project) coded(script shell.Word) *Found {
	if !strings.HasSuffix(script.Text, ".py") {
		return nil
	}
	text, _ := p.Read(script.Text)
	for _, c := range coded {
		if c.call.MatchString(text) {
			return &Found{Watcher: c.name, Refuse: c.instead + script.Text}
		}
	}
	if debugRun.MatchString(text) && strings.Contains(text, "Flask(") && !strings.Contains(text, "use_reloader") {
		return &Found{Watcher: "app.run with debug=True", Refuse: "add use_reloader=False to app.run in " + script.Text}
	}
	return nil
}
