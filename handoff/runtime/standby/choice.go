package standby

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/launchers"
)

// Package is what a program has loaded of one package.
type Package struct {
	Name  string
	Files []string // that the program has loaded, with absolute paths
	Needs []string // names of packages that this one may load, as far as its manifest says
	Fixed bool     // what was loaded of it cannot be loaded anew in the same process
}

// Item is a file that a standby of a program in JavaScript loads.
type Item struct {
	File string `json:"file"`
	How  string `json:"how"` // "import" or "require"
}

// Grouped returns the packages of the items, in the order of their first files.
func Grouped(items []Item) []Package {
	var out []Package
	at := map[string]int{}
	for _, x := range items {
		dir, name := launchers.PackageDir(x.File)
		if name == "" {
			continue
		}
		i, ok := at[name]
		if !ok {
			m, _ := ReadManifest(dir)
			i = len(out)
			at[name] = i
			out = append(out, Package{Name: name, Needs: m.Needs()})
		}
		out[i].Files = append(out[i].Files, x.File)
	}
	return out
}

// Question has what the choice of packages depends on, besides what rehearsals have shown.
type Question struct {
	// Env returns the value with which the program's process starts, for a variable's name.
	Env func(name string) string
	// Sets has the variables that the program has changed since its start, with the digests of their new values; "":
	// the value is not known.
	Sets map[string]string
	// Assumed are variables that the program sets, and that the standby sets before, while it loads packages.
	Assumed  map[string]string
	Project  []string // packages that are code of the project, at least in part
	Behind   string   // why the program has to load all packages itself; "": they may be loaded ahead
	Wrapped  Wrapped
	Rehearse bool // the choice is for a rehearsal, not for a standby
}

// Value returns a variable's value while packages are loaded.
func (q Question) Value(name string) string {
	if value, ok := q.Assumed[name]; ok {
		return value
	}
	return q.Env(name)
}

// Wrapped are modules that the program changes while it loads them. A standby leaves these, and what needs them, to the
// program, which does not change a module that is loaded already.
type Wrapped struct {
	By    string   // the file or package that changes the modules, for people
	Names []string // packages, and modules of the runtime, such as node:http
	// Before are packages that the program loads before it changes any module, such as those that do the changing.
	// These, and what they need of Loaded, are unchanged, and see nothing that is changed.
	Before, Loaded []string
	Anew           bool     // after a save the others may have to be loaded anew
	Runs           []string // packages that begin to change modules as soon as they are loaded, even in a rehearsal
}

// anyModule among the needs of a package stands for all modules of the runtime.
const anyModule = "node:*"

// Behind begins the reason why the program must load a package itself, after what the rest of the reason names.
const Behind = "is loaded behind "

// Choice divides a program's packages. A standby loads each package that is in neither map.
type Choice struct {
	Question
	Packages []Package
	Left     map[string]string // packages that the program loads itself → why
	Unknown  map[string]bool   // packages that a rehearsal has to load first
	Assuming []string          // packages of the standby that read an assumed variable, and those that need them
	Changed  []string          // names of what all code shares (globals, prototypes) that the packages in Left change

	needs Needing
	reads FileStates // that the packages of the standby read while they are loaded
}

// Ahead reports whether a standby loads a package.
func (c Choice) Ahead(name string) bool { return c.Left[name] == "" && !c.Unknown[name] }

// Loads reports whether the standby, or the rehearsal, loads a package.
func (c Choice) Loads(name string) bool {
	return c.Left[name] == "" && (c.Rehearse || !c.Unknown[name])
}

// Items returns the items that the standby, or the rehearsal, loads.
func (c Choice) Items(all []Item) []Item {
	// not nil, which is null in JSON
	return slices.DeleteFunc(append([]Item{}, all...), func(x Item) bool {
		return !c.Loads(launchers.PackageOf(x.File))
	})
}

// Barred returns the packages that the standby, or the rehearsal, must not load.
func (c Choice) Barred() []string {
	out := slices.Collect(maps.Keys(c.Left))
	if !c.Rehearse {
		out = slices.AppendSeq(out, maps.Keys(c.Unknown))
	}
	slices.Sort(out)
	return out
}

// Choose decides which packages a standby loads. The decision about a package follows from that package, from those
// that it needs, and from the variables. The order of packages matters only after a package that changes what all code
// shares.
func (k *Knowledge) Choose(packages []Package, q Question) Choice {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := Choice{Question: q, Packages: packages, Left: map[string]string{}, Unknown: map[string]bool{},
		needs: Needing{}, reads: FileStates{}}
	with := map[string][]string{} // package → those that are loaded with it
	for _, p := range packages {
		f, known := k.packages[p.Name]
		known = known && f.applies(p, q.Value)
		c.needs.Add(p.Name, p.Needs)
		if known {
			c.needs.Add(p.Name, f.Needs)
			with[p.Name] = f.Needs
		}
		switch {
		case slices.Contains(q.Project, p.Name):
			c.Left[p.Name] = "is the project's, too"
		case known && f.Did != "":
			c.Left[p.Name] = f.Did
		case !known || f.Part:
			c.Unknown[p.Name] = true
		}
	}
	if q.Behind != "" {
		for _, p := range packages {
			c.note(p.Name, q.Behind)
		}
		return c
	}
	c.leaveWrapped(with)
	// of the project also those that the program has not loaded
	for _, name := range slices.Concat(q.Project, slices.Sorted(maps.Keys(c.Left))) {
		c.leaveNeeding(name)
	}
	for left := -1; left < len(c.Left); { // until no other follows
		left = len(c.Left)
		k.leaveReadersLocked(c)
		k.leaveUsersLocked(&c)
		k.assumeLocked(&c)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Unknown)) {
		c.needs.Spread(name, func(by, _ string) {
			if c.Left[by] == "" {
				c.Unknown[by] = true
			}
		})
	}
	for _, p := range packages {
		if c.Ahead(p.Name) {
			maps.Copy(c.reads, k.packages[p.Name].Read)
		}
	}
	return c
}

// leaveWrapped leaves out the wrapped packages, and those that need a wrapped module of the runtime.
func (c Choice) leaveWrapped(with map[string][]string) {
	w, before := c.Wrapped, map[string]bool{}
	for todo := slices.Clone(w.Before); len(todo) > 0; todo = todo[1:] {
		if !before[todo[0]] && slices.Contains(w.Loaded, todo[0]) {
			before[todo[0]] = true
			todo = append(todo, with[todo[0]]...)
		}
	}
	leave := func(name, why string) {
		if !before[name] && !(c.Unknown[name] && slices.Contains(w.Loaded, name)) { // a rehearsal shows what needs it
			c.note(name, why)
		}
	}
	for _, name := range w.Runs {
		c.note(name, "wraps modules as soon as it is loaded")
	}
	for _, p := range c.Packages {
		if w.Anew && p.Fixed {
			c.note(p.Name, "cannot be loaded anew if a save has "+w.By+" wrap more modules")
		}
	}
	for _, name := range w.Names {
		if strings.HasPrefix(name, "node:") {
			for _, by := range slices.Concat(c.needs[name], c.needs[anyModule]) {
				leave(by, fmt.Sprintf("needs %s, which %s wraps", name, w.By))
			}
		} else if slices.ContainsFunc(c.Packages, func(p Package) bool { return p.Name == name }) {
			leave(name, "is wrapped by "+w.By)
		}
	}
}

// assumeLocked finds the packages that depend on an assumed variable, and leaves out those that cannot be loaded anew.
func (k *Knowledge) assumeLocked(c *Choice) {
	because := map[string]string{} // package → the one that reads a variable
	for _, p := range c.Packages {
		for name := range k.packages[p.Name].Env {
			if _, ok := c.Assumed[name]; ok && c.Ahead(p.Name) {
				because[p.Name] = p.Name
				c.needs.Spread(p.Name, func(by, _ string) { because[by] = p.Name })
			}
		}
	}
	for _, p := range c.Packages {
		if by := because[p.Name]; by != "" && p.Fixed && c.Ahead(p.Name) {
			c.leave(p.Name, "cannot be loaded anew, and "+by+" reads a variable that the program sets")
		}
	}
	c.Assuming = slices.Sorted(maps.Keys(because))
}

func (c Choice) leave(name, why string) {
	c.note(name, why)
	c.leaveNeeding(name)
}

func (c Choice) leaveNeeding(name string) {
	c.needs.Spread(name, func(by, of string) { c.note(by, "needs "+of) })
}

func (c Choice) note(name, why string) {
	delete(c.Unknown, name)
	if c.Left[name] == "" {
		c.Left[name] = why
	}
}

// leaveReadersLocked leaves out the packages that read or set a variable which the program sets. A variable does not
// count if a package sets it to the program's value: the package does so in a standby, too.
func (k *Knowledge) leaveReadersLocked(c Choice) {
	sets := maps.Clone(c.Sets)
	for _, p := range c.Packages {
		if !c.Ahead(p.Name) {
			continue
		}
		for name, value := range k.packages[p.Name].Sets {
			if value != "" && sets[name] == value {
				delete(sets, name)
			}
		}
	}
	for _, p := range c.Packages {
		if !c.Ahead(p.Name) {
			continue
		}
		f := k.packages[p.Name]
		for _, name := range slices.Sorted(maps.Keys(f.Env)) {
			if _, changes := sets[name]; !changes {
				continue
			}
			what := "reads " + name + ", which the program sets"
			if name == "*" {
				what = "reads all variables, of which the program sets some"
			}
			c.leave(p.Name, what)
		}
		for _, name := range slices.Sorted(maps.Keys(f.Sets)) {
			if _, changes := sets[name]; changes { // to another value
				c.leave(p.Name, "sets "+name+", which the program sets")
			}
		}
	}
}

// leaveUsersLocked leaves out the packages that read what an earlier package in Left changes.
func (k *Knowledge) leaveUsersLocked(c *Choice) {
	changed := map[string]string{} // name → the package that changes it
	for _, p := range c.Packages {
		f := k.packages[p.Name]
		if c.Left[p.Name] != "" {
			for _, name := range f.Changes {
				if changed[name] == "" {
					changed[name] = p.Name
				}
			}
			continue
		}
		i := slices.IndexFunc(f.Uses, func(name string) bool { return changed[name] != "" })
		if i >= 0 && c.Ahead(p.Name) {
			c.leave(p.Name, fmt.Sprintf("reads %s, which %s changes", f.Uses[i], changed[f.Uses[i]]))
		}
	}
	c.Changed = slices.Sorted(maps.Keys(changed))
}

// Needing is package → packages that need it.
type Needing map[string][]string

// Add notes what a package needs.
func (n Needing) Add(name string, needs []string) {
	for _, other := range needs {
		if other != name {
			n[other] = append(n[other], name)
		}
	}
}

// Spread calls do for each package that needs the named one, directly or through others.
func (n Needing) Spread(name string, do func(by, of string)) {
	done := map[string]bool{name: true}
	for todo := []string{name}; len(todo) > 0; todo = todo[1:] {
		for _, by := range n[todo[0]] {
			if !done[by] {
				done[by] = true
				do(by, todo[0])
				todo = append(todo, by)
			}
		}
	}
}

// Loaded returns how many of the packages a standby loads, and the names of the others with the reasons.
func (c Choice) Loaded() (ahead int, left []string) {
	for _, p := range c.Packages {
		if c.Ahead(p.Name) {
			ahead++
		}
	}
	for _, follows := range []bool{false, true} { // packages that only need others come last
		for _, name := range slices.Sorted(maps.Keys(c.Left)) {
			if why := c.Left[name]; strings.HasPrefix(why, "needs ") == follows {
				left = append(left, name+" "+why)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Unknown)) {
		left = append(left, name+" has not been tried yet")
	}
	return ahead, left
}
