package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// Proposal is what hotswap.yaml should say, and what to change in package.json.
type Proposal struct {
	watcher.Found
	Source   string // where the command was found, such as "the script dev of package.json"
	Examples []Example
	Edit     *Edit  // nil: none
	Frontend bool   // Start also starts the development server of a frontend
	Start    string // the script that starts hotswap, and may do more than that; "": hotswap alone does
}

// Edit is a change of one script in package.json.
type Edit struct{ Script, Text string }

// Errors of Look.
var (
	// ErrNothing: no file says how the program is run.
	ErrNothing = errors.New("nothing here says how the program is run")
	// ErrDone: a script, or another command that the project lists, runs hotswap already.
	ErrDone = errors.New("runs hotswap already")
	// ErrRefused: the watcher is known, and hotswap cannot take it over.
	ErrRefused = errors.New("cannot be taken over")
)

// usual are the scripts that run a program while people work on it, the likeliest first.
var usual = []string{"dev", "start:dev", "dev:server", "dev:api", "dev:backend", "server:dev", "develop", "development", "watch", "serve", "server", "start:watch", "start"}

// pglite is a database that does not notice when a second process opens its folder. Others do,
// so --strategy auto is enough for them.
const pglite = "@electric-sql/pglite"

// project is a project that runs with watchers.
type project struct {
	*watcher.Project
	above    []*watcher.Project // the packages that it lies in, the nearest first
	followed int                // scripts that were looked at
	parsed   map[string]parsed
}

// parsed is a script that was read.
type parsed struct {
	leaves []shell.Leaf
	ok     bool
}

func newProject(files fs.FS, above ...fs.FS) *project {
	p := &project{Project: watcher.NewProject(files), parsed: map[string]parsed{}}
	for _, folder := range above {
		p.above = append(p.above, watcher.NewProject(folder))
	}
	return p
}

// parse reads a script, each once.
func (p *project) parse(script string) ([]shell.Leaf, bool) {
	s, known := p.parsed[script]
	if !known {
		s.leaves, s.ok = shell.Parse(script)
		p.parsed[script] = s
	}
	return s.leaves, s.ok
}

// Look finds out how the project in a folder is run. above are the folders above it that have a
// package.json, the nearest first: in a workspace they have the lock file and most programs.
func Look(files fs.FS, above ...fs.FS) (*Proposal, error) {
	p := newProject(files, above...)
	if kind, _ := p.Stat("package.json"); kind == watcher.File {
		var m watcher.Manifest
		if !p.ReadJSON("package.json", &m) {
			return nil, fmt.Errorf("%w: package.json cannot be read", ErrRefused)
		}
	}
	var plain *Proposal
	for _, source := range []func() (*Proposal, error){p.fromScripts, p.fromLists, p.fromConfigs, p.fromSources} {
		found, err := source()
		if err != nil {
			return nil, err
		}
		if found != nil && found.Watcher != "" {
			return p.complete(found)
		}
		if plain == nil {
			plain = found
		}
	}
	if plain == nil {
		return nil, p.nothing()
	}
	return p.complete(plain)
}

// LookWithin is Look, but gives up after a time: others may have made the files to be slow.
func LookWithin(limit time.Duration, files fs.FS, above ...fs.FS) (*Proposal, error) {
	done := make(chan func() (*Proposal, error), 1)
	go func() {
		proposal, err := Look(files, above...)
		done <- func() (*Proposal, error) { return proposal, err }
	}()
	select {
	case found := <-done:
		return found()
	case <-time.After(limit):
		return nil, fmt.Errorf("%w: its files take longer to read than %v", ErrRefused, limit)
	}
}

// complete adds what does not depend on where the command was found.
func (p *project) complete(found *Proposal) (*Proposal, error) {
	if found.Refuse != "" {
		return nil, fmt.Errorf("%s: %s %w: %s", found.Source, found.Watcher, ErrRefused, found.Refuse)
	}
	if found.Command = p.outside(found.Command); strings.TrimSpace(found.Command) == "" {
		return nil, fmt.Errorf("%s: %s %w: it runs no command", found.Source, found.Watcher, ErrRefused)
	}
	found.Rules = slices.DeleteFunc(found.Rules, func(r watcher.Rule) bool { return strings.TrimSpace(r.Run) == "" })
	for i, r := range found.Rules {
		found.Rules[i].Run = p.outside(r.Run)
	}
	if _, ok := p.Manifest("").Dependencies[pglite]; ok {
		found.Set("strategy", "stop-first", pglite+": only one process may open its folder; in memory it needs no such line")
	}
	found.Frontend = slices.ContainsFunc(strings.FieldsFunc(p.Manifest("").Scripts[found.Start], func(c rune) bool { return strings.ContainsRune(" '\"", c) }), watcher.OwnReload)
	p.output(&found.Found)
	p.examples(found)
	return found, nil
}

// fromScripts looks at the scripts of package.json.
func (p *project) fromScripts() (plain *Proposal, err error) {
	scripts := p.Manifest("").Scripts
	names := slices.Clone(usual)
	var others []string
	for name := range scripts {
		if !slices.Contains(usual, name) && !strings.HasPrefix(name, "test") && !strings.HasPrefix(name, "build") && !strings.HasPrefix(name, "lint") {
			others = append(others, name)
		}
	}
	sort.Strings(others)
	for _, name := range append(names, others...) {
		text, ok := scripts[name]
		if !ok {
			continue
		}
		if h := p.inScript(name, 0); h != nil {
			proposal := &Proposal{Found: *h.Found, Source: "the script " + h.script + " of package.json", Edit: &Edit{h.script, h.after}}
			proposal.Start = p.start(name, h)
			for _, other := range others {
				if strings.Contains(other, "debug") && other != h.script {
					if also := p.inScript(other, 0); also != nil && also.script == other {
						proposal.Leave("the script " + other + ", which stays as it was, with " + also.Watcher)
					}
				}
			}
			return proposal, nil
		}
		if p.runsHotswap(text) {
			return nil, fmt.Errorf("the script %s of package.json %w", name, ErrDone)
		}
		if plain == nil && slices.Contains(usual, name) {
			plain = p.plainScript(name, text)
		}
	}
	return plain, nil
}

// start returns the script by which people have to start the server whose watcher was found in
// the script name, or in one that it runs; "" if hotswap alone does all that the script did.
func (p *project) start(name string, h *hit) string {
	if name == h.script && h.after == "hotswap" && !p.hasPre(name) {
		return ""
	}
	return name
}

// hasPre reports whether the package manager runs another script before this one.
func (p *project) hasPre(name string) bool {
	return p.Manifest("").Scripts["pre"+name] != ""
}

// runsHotswap reports whether a command of a script is hotswap.
func (p *project) runsHotswap(script string) bool {
	leaves, _ := p.parse(script)
	return slices.ContainsFunc(leaves, func(l shell.Leaf) bool {
		at := watcher.Program(l.Words)
		return at < len(l.Words) && watcher.Base(l.Words[at]) == "hotswap"
	})
}

// elsewhere are arguments by which a package manager runs the scripts of other folders.
var elsewhere = strings.Fields("-r --recursive --filter -F -w --workspace --workspaces -ws -C --dir --prefix --cwd workspace workspaces")

// serves reports whether a script without a watcher of a server may run one, and no other
// program beside it.
func (p *project) serves(text string, depth int) bool {
	leaves, ok := p.parse(text)
	if !ok || len(leaves) == 0 || depth > depthLimit || strings.Contains(strings.ReplaceAll(text, "&&", ""), "&") {
		return false
	}
	for _, l := range leaves {
		at := watcher.Program(l.Words)
		if at >= len(l.Words) {
			return false
		}
		switch name := watcher.Base(l.Words[at]); {
		case watcher.WatchesOnly(l.Words):
			return false
		case watcher.OwnReload(name), name == "concurrently", name == "conc", strings.HasPrefix(name, "npm-run-all"), name == "run-p", name == "run-s":
			return false
		case name == "npm", name == "pnpm", name == "yarn", name == "bun":
			if slices.ContainsFunc(l.Words[at+1:], func(w shell.Word) bool {
				option, _, _ := strings.Cut(w.Text, "=")
				return slices.Contains(elsewhere, option)
			}) {
				return false
			}
		}
		for _, name := range p.scriptsOf(l.Words) {
			if p.followed++; p.followed > 2*followLimit || !p.serves(p.Manifest("").Scripts[name], depth+1) {
				return false
			}
		}
	}
	return true
}

// plainScript takes a script that watches nothing.
func (p *project) plainScript(name, text string) *Proposal {
	if !p.serves(text, 0) {
		return nil
	}
	proposal := &Proposal{Found: *p.Plain(text), Source: "the script " + name + " of package.json"}
	switch pre := "pre" + name; {
	case name != "start" && name != "serve": // these run elsewhere too
		proposal.Edit = &Edit{name, "hotswap"}
		if p.hasPre(name) {
			proposal.Start = name
		}
	case p.hasPre(name):
		proposal.Leave("the script " + pre + ", which runs before " + name + ": " + p.Manifest("").Scripts[pre])
	}
	return proposal
}

// fromText looks at a command that a file gives.
func (p *project) fromText(text, source string) *Proposal {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if h := p.inText(text, 0); h != nil {
		if h.script == "" && h.after != "hotswap" {
			h.Leave("before or beside it: " + strings.TrimSpace(strings.Replace(h.after, "hotswap", "…", 1)))
		}
		proposal := &Proposal{Found: *h.Found, Source: source}
		if h.script != "" {
			proposal.Edit = &Edit{h.script, h.after}
			proposal.Start = p.start(h.script, h)
		}
		return proposal
	}
	return &Proposal{Found: *p.Plain(withPidFile(text)), Source: source}
}

// output restricts watching to the output of a compiler that runs beside the program: tsc
// --watch writes what node runs, and a change of the source is not one of the program yet.
func (p *project) output(f *watcher.Found) {
	if len(f.Rules) > 0 || len(f.Get("watch")) > 0 || !strings.HasPrefix(f.Watcher, "node") {
		return
	}
	out := p.outDir()
	if out == "" {
		return
	}
	leaves, _ := p.parse(f.Command)
	for _, l := range leaves {
		for _, w := range l.Words {
			if strings.HasPrefix(path.Clean(w.Text), out+"/") {
				f.Add("watch", out, "outDir of tsconfig.json")
				return
			}
		}
	}
}

// outDir returns the folder that the TypeScript compiler writes to, if tsconfig.json says so.
func (p *project) outDir() string {
	var c struct {
		CompilerOptions struct {
			OutDir string `json:"outDir"`
		} `json:"compilerOptions"`
	}
	if !p.ReadJSON("tsconfig.json", &c) || c.CompilerOptions.OutDir == "" {
		return ""
	}
	out := path.Clean(c.CompilerOptions.OutDir)
	if !fs.ValidPath(out) || out == "." {
		return ""
	}
	return out
}

// nothing says why nothing was found, and what to do.
func (p *project) nothing() error {
	var below []string
	for _, dir := range p.workspaces() {
		w := newProject(sub{p.Files, dir})
		if found, err := w.fromScripts(); err == nil && found != nil {
			below = append(below, dir)
		}
	}
	switch {
	case len(below) > 0:
		return fmt.Errorf("%w; run hotswap init in %s", ErrNothing, strings.Join(below, ", or in "))
	case len(p.Manifest("").Scripts) > 0:
		return fmt.Errorf("%w: no script of package.json runs a server that hotswap knows how to restart (a frontend's development server loads changes itself)", ErrNothing)
	}
	return fmt.Errorf("%w: write hotswap.yaml with a line such as command: python app.py", ErrNothing)
}
