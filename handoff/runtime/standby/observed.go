package standby

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// message is a line that a process of a standby or a rehearsal writes; doc.go has the types.
type message struct {
	Type    string   `json:"type"`
	File    string   `json:"file"`
	Package string   `json:"package"`
	By      string   `json:"by"`
	Name    string   `json:"name"`
	Value   string   `json:"value"`
	Names   []string `json:"names"`
	What    string   `json:"what"`
}

const (
	maxFacts = 1 << 17 // facts of a rehearsal, so that a package cannot fill the memory
	maxReads = 1000    // files that a package may read
)

// observed is what a rehearsal has shown so far.
type observed struct {
	began   time.Time
	did     map[string]string            // package → what it did
	read    map[string]map[string]bool   // package → files that it read
	listed  map[string]bool              // those that are folders whose names it read
	env     map[string]map[string]bool   // package → variables that it read
	sets    map[string]map[string]string // package → variables that it set → digest of the value
	needs   map[string]map[string]bool   // package → packages that it loaded
	changes map[string][]string          // package → names of what all code shares that it changed
	uses    map[string]map[string]bool   // package → those names that it read
	loading string                       // the package that is being loaded
	facts   int
	left    map[string]string // packages that the rehearsal did not load
}

func newObserved() observed {
	return observed{
		began: time.Now(), did: map[string]string{}, read: map[string]map[string]bool{}, listed: map[string]bool{}, env: map[string]map[string]bool{},
		sets: map[string]map[string]string{}, needs: map[string]map[string]bool{}, changes: map[string][]string{}, uses: map[string]map[string]bool{},
	}
}

// add adds a message. hotswap digests the values, not the process.
func (o *observed) add(m message) {
	o.facts++
	if o.facts > maxFacts {
		return
	}
	put := func(in map[string]map[string]bool, what string) {
		if in[m.Package] == nil {
			in[m.Package] = map[string]bool{}
		}
		in[m.Package][what] = true
	}
	switch m.Type {
	case "loading":
		o.loading = m.Package
	case "noticed":
		for _, name := range []string{m.Package, m.By} {
			o.note(name, m.What)
		}
	case "read", "lists":
		o.listed[m.File] = o.listed[m.File] || m.Type == "lists"
		put(o.read, m.File)
		if len(o.read[m.Package]) > maxReads {
			o.note(m.Package, "reads many files")
		}
	case "env":
		if !strings.HasPrefix(m.Name, "HOTSWAP_") {
			put(o.env, m.Name)
		}
	case "sets":
		if o.sets[m.Package] == nil {
			o.sets[m.Package] = map[string]string{}
		}
		o.sets[m.Package][m.Name] = Digest(m.Value)
	case "needs":
		put(o.needs, m.Name)
	case "changes":
		o.changes[m.Package] = append(o.changes[m.Package], m.Names...)
	case "uses":
		put(o.uses, m.Name)
	}
}

func (o *observed) note(name, what string) {
	if _, known := o.did[name]; name != "" && !known {
		o.did[name] = what
	}
}

// fact returns what is known of a package that did nothing. ok is false if one of its files has changed meanwhile: the package
// may have read either content.
func (o *observed) fact(p Package, env func(string) string) (f fact, ok bool) {
	f = fact{Files: p.states(), Read: FileStates{}, Env: map[string]string{}, Sets: o.sets[p.Name]}
	for _, by := range []string{p.Name, ""} { // "" reads before any package is loaded
		for file := range o.read[by] {
			if o.listed[file] {
				f.Read.Take(file)
			} else {
				f.Read.TakeRead(file)
			}
		}
	}
	for _, states := range []FileStates{f.Files, f.Read} {
		for _, s := range states {
			if s.Time > o.began.UnixNano() {
				return fact{}, false
			}
		}
	}
	for name := range o.env[p.Name] {
		f.Env[name] = Digest(env(name))
	}
	f.Needs, f.Uses = slices.Sorted(maps.Keys(o.needs[p.Name])), slices.Sorted(maps.Keys(o.uses[p.Name]))
	return f, true
}
