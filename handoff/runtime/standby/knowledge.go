package standby

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

const (
	maxRounds   = 8   // rehearsals in a row that each find something new
	maxFailures = 2   // rehearsals in a row that end without a result
	maxWhy      = 200 // bytes of a reason
)

// Knowledge is what rehearsals have shown of a program's packages. A fact about a package holds until one of these
// changes: the package's files, the files that it reads while it is loaded, and the variables that it reads.
type Knowledge struct {
	path string // of the file; "": there is none
	key  string // of the program

	mu       sync.Mutex      // guards what follows
	packages map[string]fact // by name
	rounds   int             // rehearsals since the last that found nothing new
	failures int             // rehearsals in a row without a result
	never    error           // why no standby is possible while the files of since are unchanged
	since    FileStates
}

// fact is what a rehearsal has shown of one package.
type fact struct {
	Files FileStates `json:"files"`          // that were loaded
	Read  FileStates `json:"read,omitempty"` // other files that the package read meanwhile
	// variables that the package read → digest of their value at the start
	Env   map[string]string `json:"env,omitempty"`
	Sets  map[string]string `json:"sets,omitempty"`  // variables that the package set → digest of the value
	Needs []string          `json:"needs,omitempty"` // packages that were loaded by this one
	// Changes and Uses name what all code shares (globals, prototypes): what the package changes, and what it reads of
	// that which other packages change.
	Changes []string `json:"changes,omitempty"`
	Uses    []string `json:"uses,omitempty"`
	Did     string   `json:"did,omitempty"` // why the package is not loaded ahead; "": it may be
	// Part says that only Needs is known. The package was loaded together with one that did something, or without a
	// package that it needs.
	Part bool `json:"part,omitempty"`
}

func (f fact) applies(p Package, env func(string) string) bool {
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

// Digest returns what hotswap remembers of a variable's value, which may be a secret. The empty value has an empty
// digest, and so has a variable that is not set.
func Digest(value string) string {
	if value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// absorb adds what a rehearsal has shown of the packages in tried. again reports whether another rehearsal would show
// more. If a package did something, the others are tried again without it, because they may have relied on what it did.
// A package is not blamed if the rehearsal left out a package that it needs: what it did may follow from that.
func (k *Knowledge) absorb(tried []Package, env func(string) string, o observed) (again bool) {
	defer k.save()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failures, k.rounds = 0, k.rounds+1
	needs, lacks := Needing{}, map[string]bool{}
	for name, f := range o.shown {
		needs.Add(name, f.Needs)
	}
	for name := range o.left {
		needs.Spread(name, func(by, _ string) { lacks[by] = true })
	}
	for _, p := range tried {
		did, found := o.did[p.Name]
		again = again || found || lacks[p.Name]
		switch f := k.packages[p.Name]; {
		case found && !lacks[p.Name]:
			k.packages[p.Name] = fact{Files: p.states(), Changes: o.changes[p.Name], Did: plain.Short(did, maxWhy)}
		case f.applies(p, env) && len(o.changes) == 0: // else the package may use what others changed
			k.packages[p.Name] = f.needing(o.of(p.Name).Needs)
		default:
			k.packages[p.Name] = fact{Files: p.states(), Part: true}.needing(o.of(p.Name).Needs)
		}
	}
	if !again {
		for _, p := range tried {
			if f, ok := o.fact(p, env); ok {
				k.packages[p.Name] = f
			} else {
				again = true // a file has changed meanwhile
			}
		}
	}
	if again && k.rounds >= maxRounds {
		for _, p := range tried {
			if f := k.packages[p.Name]; f.Did == "" && (f.Part || !f.applies(p, env)) {
				k.leaveLocked(p, fmt.Sprintf("was loaded with something new in each of %d tries", maxRounds))
			}
		}
		again = false
	}
	if !again {
		k.rounds = 0
	}
	return again
}

// failed notes a rehearsal that ended without a result, and reports whether another rehearsal may have one. loading is
// the package that was being loaded, or "".
func (k *Knowledge) failed(tried []Package, loading, why string) (again bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failures++
	again = k.failures < maxRounds && (loading != "" || k.failures < maxFailures)
	if !again {
		k.failures = 0
	}
	for _, p := range tried {
		if !again || p.Name == loading {
			k.leaveLocked(p, why)
		}
	}
	return again
}

func (k *Knowledge) leaveLocked(p Package, why string) {
	k.packages[p.Name] = fact{Files: p.states(), Did: plain.Short(why, maxWhy)}
}

// needing adds to a fact what its package needs.
func (f fact) needing(needs []string) fact {
	f.Needs = Unique(slices.Concat(f.Needs, needs))
	return f
}

// states returns the present states of the files that were loaded.
func (p Package) states() FileStates {
	s := FileStates{}
	s.Take(p.Files...)
	return s
}

// leave leaves the packages to the program that did something in a standby, and returns an error that names them.
func (k *Knowledge) leave(packages []Package, did map[string]string) error {
	var what []string
	k.mu.Lock()
	for _, p := range packages {
		if why, ok := did[p.Name]; ok {
			k.leaveLocked(p, why)
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

// refuse notes that no standby is possible until one of the files changes.
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
