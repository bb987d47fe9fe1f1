package standby

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

const (
	maxRounds   = 8   // rehearsals in a row that each find something new
	maxFailures = 2   // rehearsals in a row that end without a result
	maxWhy      = 200 // bytes of a reason
)

// Knowledge is what rehearsals have shown of a program's packages. What it says of a package
// holds as long as the package's files, those that it reads while it is loaded, and the variables
// that it reads are as they were.
type Knowledge struct {
	path string // of the file; "": there is none
	key  string // of the program

	mu       sync.Mutex      // guards what follows
	packages map[string]fact // by name
	missing  []string        // modules that packages have looked for in vain
	rounds   int             // rehearsals since the last that found nothing new
	failures int             // rehearsals in a row without a result
	never    error           // why there can be no standby as long as the files of since are unchanged
	since    FileStates
}

// fact is what a rehearsal has shown of one package.
type fact struct {
	Files FileStates        `json:"files"`           // that were loaded
	Read  FileStates        `json:"read,omitempty"`  // other files that the package read meanwhile
	Env   map[string]string `json:"env,omitempty"`   // variables that the package read → digest of their value at the start
	Sets  map[string]string `json:"sets,omitempty"`  // variables that the package set → digest of the value
	Needs []string          `json:"needs,omitempty"` // packages that were loaded by this one
	// Changes are names of what all code shares that the package changes, and Uses what it reads
	// of that which other packages change.
	Changes []string `json:"changes,omitempty"`
	Uses    []string `json:"uses,omitempty"`
	Did     string   `json:"did,omitempty"` // why the package is not loaded ahead; "": it may be
	// Part: only Needs is known, because the package was loaded together with an offender, or
	// without a package that it needs.
	Part bool `json:"part,omitempty"`
}

// holds reports whether a fact says something of a package as it is now.
func (f fact) holds(p Package, env func(string) string) bool {
	for _, file := range p.Files {
		file = archive(file)
		if was, ok := f.Files[file]; !ok || was == (fileState{}) || was.changed(file) {
			return false
		}
	}
	for file, was := range f.Read {
		if was.changed(file) {
			return false
		}
	}
	for name, digest := range f.Env {
		if Digest(env(name)) != digest {
			return false
		}
	}
	return true
}

// Digest is how the value of a variable is remembered: values may be secrets. The empty value has
// an empty digest, as has a variable that is not set.
func Digest(value string) string {
	if value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// Digests returns the digests of the values of variables.
func Digests(values map[string]string) map[string]string {
	var out map[string]string
	for name, value := range values {
		if out == nil {
			out = map[string]string{}
		}
		out[name] = Digest(value)
	}
	return out
}

// Missing returns the modules that packages have looked for in vain.
func (k *Knowledge) Missing() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.missing)
}

// reads adds the files that packages read while they are loaded, for those that are loaded ahead.
func (k *Knowledge) reads(packages []Package, c Choice, into FileStates) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range packages {
		if c.Ahead(p.Name) {
			for file, state := range k.packages[p.Name].Read {
				if _, ok := into[file]; !ok {
					into[file] = state
				}
			}
		}
	}
}

// absorb adds what a rehearsal has shown. tried are the packages that it was to load. It
// reports whether another rehearsal is wanted: what was loaded together with an offender is loaded
// again without, because the others may have relied on what the offender did. A package that needs
// one that the rehearsal left out is no offender: what it did may follow from that.
func (k *Knowledge) absorb(tried []Package, env func(string) string, o observed) (again bool) {
	defer k.save()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failures, k.rounds = 0, k.rounds+1
	needs, lacks := needing{}, map[string]bool{}
	for name, of := range o.needs {
		needs.add(name, slices.Collect(maps.Keys(of)))
	}
	for name := range o.left {
		needs.spread(name, func(by, _ string) { lacks[by] = true })
	}
	for _, p := range tried {
		did, found := o.did[p.Name]
		again = again || found || lacks[p.Name]
		switch f := k.packages[p.Name]; {
		case found && !lacks[p.Name]:
			k.packages[p.Name] = fact{Files: p.states(), Changes: o.changes[p.Name], Did: bounded(did)}
		case f.holds(p, env) && len(o.changes) == 0: // else it may use what is changed
			k.packages[p.Name] = f.needing(o.needs[p.Name])
		default:
			k.packages[p.Name] = fact{Files: p.states(), Part: true}.needing(o.needs[p.Name])
		}
	}
	if !again {
		k.missing = o.missing
		for _, p := range tried {
			if f, ok := o.fact(p, env); ok {
				k.packages[p.Name] = f
			} else {
				again = true // a file has changed meanwhile
			}
		}
	}
	if again && k.rounds >= maxRounds {
		k.leaveLocked(slices.DeleteFunc(slices.Clone(tried), func(p Package) bool {
			f := k.packages[p.Name]
			return f.Did != "" || !f.Part && f.holds(p, env)
		}), fmt.Sprintf("was loaded with something new in each of %d tries", maxRounds))
		again = false
	}
	if !again {
		k.rounds = 0
	}
	return again
}

// failed notes a rehearsal that ended without a result, and reports whether another one is wanted.
// loading is the package that was being loaded, or "".
func (k *Knowledge) failed(tried []Package, loading, why string) (again bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failures++
	if k.failures >= maxRounds || loading == "" && k.failures >= maxFailures {
		k.failures = 0
		k.leaveLocked(tried, why)
		return false
	}
	k.leaveLocked(slices.DeleteFunc(slices.Clone(tried), func(p Package) bool { return p.Name != loading }), why)
	return true
}

// leaveLocked has packages loaded by the program itself.
func (k *Knowledge) leaveLocked(packages []Package, why string) {
	for _, p := range packages {
		k.packages[p.Name] = fact{Files: p.states(), Did: bounded(why)}
	}
}

// needing adds to a fact what its package needs.
func (f fact) needing(needs map[string]bool) fact {
	for name := range needs {
		f.Needs = append(slices.Clone(f.Needs), name)
	}
	slices.Sort(f.Needs)
	f.Needs = slices.Compact(f.Needs)
	return f
}

// states returns the present states of the files that were loaded.
func (p Package) states() FileStates {
	s := FileStates{}
	s.Take(p.Files...)
	return s
}

func bounded(text string) string {
	if len(text) > maxWhy {
		text = strings.ToValidUTF8(text[:maxWhy], "") + "…"
	}
	return text
}

// leave has the packages loaded by the program itself that did something in a standby, and says
// so.
func (k *Knowledge) leave(packages []Package, did map[string]string) error {
	var what []string
	k.mu.Lock()
	for _, p := range packages {
		if why, ok := did[p.Name]; ok {
			k.leaveLocked([]Package{p}, why)
			what = append(what, p.Name+" "+why)
		}
	}
	k.mu.Unlock()
	if len(did) == 0 {
		return nil
	}
	k.save()
	return fmt.Errorf("loaded ahead, %s", strings.Join(what, "; "))
}

// refuse notes that there can be no standby until one of the files changes.
func (k *Knowledge) refuse(why error, files FileStates) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.never, k.since = why, files
}

func (k *Knowledge) refused(s Spec) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.never == nil || k.since.Validate(s.Settings()) != nil {
		return nil
	}
	return k.never
}
