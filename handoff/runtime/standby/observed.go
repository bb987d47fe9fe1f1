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
	did     map[string]string   // package → what it did
	changes map[string][]string // package → names of what all code shares that it changed
	// of each package, unsorted and without states and digests; "": of what reads before any is loaded
	shown   map[string]*fact
	listed  map[string]bool // files that are folders whose names a package read
	loading string          // the package that is being loaded
	facts   int
	left    map[string]string // packages that the rehearsal did not load
}

func newObserved() observed {
	return observed{
		began: time.Now(), did: map[string]string{}, changes: map[string][]string{}, shown: map[string]*fact{},
		listed: map[string]bool{},
	}
}

// of returns what is shown of a package.
func (o *observed) of(name string) *fact {
	f := o.shown[name]
	if f == nil {
		f = &fact{Read: FileStates{}, Env: map[string]string{}, Sets: map[string]string{}}
		o.shown[name] = f
	}
	return f
}

// add adds a message. hotswap digests the values, not the process.
func (o *observed) add(m message) {
	o.facts++
	if o.facts > maxFacts {
		return
	}
	f := o.of(m.Package)
	switch m.Type {
	case "loading":
		o.loading = m.Package
	case "noticed":
		for _, name := range []string{m.Package, m.By} {
			o.note(name, m.What)
		}
	case "read", "lists":
		o.listed[m.File] = o.listed[m.File] || m.Type == "lists"
		f.Read[m.File] = fileState{}
		if len(f.Read) > maxReads {
			o.note(m.Package, "reads many files")
		}
	case "env":
		if !strings.HasPrefix(m.Name, "HOTSWAP_") {
			f.Env[m.Name] = ""
		}
	case "sets":
		f.Sets[m.Name] = Digest(m.Value)
	case "needs":
		f.Needs = append(f.Needs, m.Name)
	case "changes":
		o.changes[m.Package] = append(o.changes[m.Package], m.Names...)
	case "uses":
		f.Uses = append(f.Uses, m.Name)
	}
}

func (o *observed) note(name, what string) {
	if _, known := o.did[name]; name != "" && !known {
		o.did[name] = what
	}
}

// fact returns what is known of a package that did nothing. ok is false if one of its files has changed meanwhile: the
// package may have read either content.
func (o *observed) fact(p Package, env func(string) string) (f fact, ok bool) {
	f = *o.of(p.Name)
	f.Files = p.states()
	read := maps.Clone(f.Read)
	maps.Copy(read, o.of("").Read)
	f.Read = FileStates{}
	for file := range read {
		f.Read.take(file, !o.listed[file])
	}
	for _, states := range []FileStates{f.Files, f.Read} {
		for _, s := range states {
			if s.Time > o.began.UnixNano() {
				return fact{}, false
			}
		}
	}
	for name := range f.Env {
		f.Env[name] = Digest(env(name))
	}
	f.Needs, f.Uses = Unique(f.Needs), Unique(f.Uses)
	return f, true
}

// Unique returns the names in order, each once.
func Unique(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
