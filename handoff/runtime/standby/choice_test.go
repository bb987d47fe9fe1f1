package standby

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// shelf is a folder with packages of one file each.
type shelf struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newShelf(t *testing.T) *shelf { return &shelf{t, t.TempDir(), map[string]string{}} }

// pack returns a package, whose file has that text.
func (s *shelf) pack(name, text string, needs ...string) Package {
	s.t.Helper()
	file := filepath.Join(s.dir, name+".js")
	if b, err := os.ReadFile(file); err == nil && string(b) == text {
		return Package{Name: name, Files: []string{file}, Needs: needs}
	}
	testkit.NoError(s.t, os.WriteFile(file, []byte(text), 0o600))
	return Package{Name: name, Files: []string{file}, Needs: needs}
}

func (s *shelf) value(name string) string { return s.env[name] }

// rehearse has packages rehearsed until nothing new is shown. does is what each does.
func (s *shelf) rehearse(k *Knowledge, packages []Package, q Question, does func(name string, o *observed)) (
	rounds int) {
	s.t.Helper()
	q.Rehearse = true
	for again := true; again; rounds++ {
		c := k.Choose(packages, q)
		if len(c.Unknown) == 0 {
			return rounds
		}
		o := newObserved()
		o.began = o.began.Add(1 << 40) // the files were written just now
		var tried []Package
		for _, p := range packages {
			if c.Loads(p.Name) {
				tried = append(tried, p)
				does(p.Name, &o)
			}
		}
		again = k.absorb(tried, s.value, o)
	}
	return rounds
}

func (s *shelf) question() Question { return Question{Env: s.value} }

func names(packages []Package) (out []string) {
	for _, p := range packages {
		out = append(out, p.Name)
	}
	return out
}

func ahead(k *Knowledge, packages []Package, q Question) []string {
	c := k.Choose(packages, q)
	out := slices.DeleteFunc(names(packages), func(name string) bool { return !c.Ahead(name) })
	slices.Sort(out)
	return out
}

func does(what map[string]string) func(string, *observed) {
	return func(name string, o *observed) {
		if what[name] != "" {
			o.note(name, what[name])
		}
	}
}

// What the program wraps is left out, with what needs it, and so is what needs a wrapped module of the
// runtime, but not what the program loads before it wraps any.
func TestWhatIsWrappedIsLeftOut(t *testing.T) {
	s, k := newShelf(t), Remember("", "")
	packages := []Package{
		s.pack("sdk", ""), s.pack("grpc", ""), s.pack("lazy", ""), s.pack("pg", ""), s.pack("orm", "", "pg"),
		s.pack("client", ""), s.pack("user", "", "client"),
		s.pack("odd", ""), s.pack("exports", "", "sdk"), s.pack("zod", ""),
	}
	needs := map[string][]string{"sdk": {"grpc", "node:http"}, "grpc": {"node:http", "lazy"}, "lazy": {"node:http"},
		"client": {"node:http", "node:fs"}, "odd": {"node:*"}, "zod": {"node:fs"}}
	q := s.question()
	q.Wrapped = Wrapped{By: "a.js", Names: []string{"pg", "grpc", "node:http", "absent"}, Before: []string{"sdk"},
		Loaded: []string{"sdk", "grpc"}}
	s.rehearse(k, packages, q, func(name string, o *observed) {
		for _, of := range needs[name] {
			o.add(message{Type: "needs", Package: name, Name: of})
		}
	})
	c := k.Choose(packages, q)
	want := map[string]string{
		"pg": "is wrapped by a.js", "orm": "needs pg", "client": "needs node:http, which a.js wraps",
		"user": "needs client", "odd": "needs node:http, which a.js wraps",
		"lazy": "needs node:http, which a.js wraps", "grpc": "needs lazy", "sdk": "needs grpc", "exports": "needs sdk",
	}
	if !maps.Equal(c.Left, want) {
		t.Errorf("left out: %q", c.Left)
	}
	q.Wrapped.Loaded = append(q.Wrapped.Loaded, "lazy")
	if got := ahead(k, packages, q); !slices.Equal(got, []string{"exports", "grpc", "lazy", "sdk", "zod"}) {
		t.Errorf("ahead: %q", got)
	}
	q.Wrapped.Runs, q.Wrapped.Anew, packages[9].Fixed = []string{"sdk"}, true, true
	want["sdk"], want["zod"] = "wraps modules as soon as it is loaded",
		"cannot be loaded anew if a save has a.js wrap more modules"
	delete(want, "grpc")
	delete(want, "lazy")
	if c := k.Choose(packages, q); !maps.Equal(c.Left, want) {
		t.Errorf("left out: %q", c.Left)
	}
	q.Behind = Behind + "b.js"
	if c := k.Choose(packages, q); len(c.Left) != len(packages) || len(c.Unknown) > 0 || c.Left["zod"] != q.Behind {
		t.Errorf("behind b.js: %+v", c)
	}
}

// A package that does something is left out, with those that need it. All others are loaded ahead.
func TestTheOffenderAloneIsLeftOut(t *testing.T) {
	s, k := newShelf(t), Remember("", "")
	packages := []Package{s.pack("a", "", "b"), s.pack("b", "", "loud"), s.pack("loud", ""), s.pack("c", "", "d"),
		s.pack("d", "")}
	if got := ahead(k, packages, s.question()); len(got) > 0 {
		t.Errorf("nothing is known, and loaded ahead are %q", got)
	}
	rounds := s.rehearse(k, packages, s.question(), does(map[string]string{"loud": "prints"}))
	if got := ahead(k, packages, s.question()); rounds != 2 || !slices.Equal(got, []string{"c", "d"}) {
		t.Errorf("%d rehearsals, ahead %q", rounds, got)
	}
	if n, left := k.Choose(packages, s.question()).Loaded(); n != 2 ||
		!slices.Equal(left, []string{"loud prints", "a needs b", "b needs loud"}) {
		t.Errorf("%d ahead, left %q", n, left)
	}
	q := s.question()
	q.Project = []string{"d"}
	if got := ahead(k, packages, q); len(got) > 0 {
		t.Errorf("without d: %q", got)
	}
}

// What one package is known to do holds until the package, what it reads, or a variable changes. The
// others do not depend on that.
func TestAFactHoldsAsLongAsThePackageIsTheSame(t *testing.T) {
	s, k := newShelf(t), Remember("", "")
	conf := filepath.Join(s.dir, "conf")
	packages := []Package{s.pack("a", "", "b"), s.pack("b", ""), s.pack("reads", ""), s.pack("asks", "")}
	does := func(name string, o *observed) {
		switch name {
		case "reads":
			o.add(message{Type: "read", Package: name, File: conf})
		case "asks":
			o.add(message{Type: "env", Package: name, Name: "MODE"})
		}
	}
	check := func(when string, want ...string) {
		t.Helper()
		if got := ahead(k, packages, s.question()); !slices.Equal(got, want) {
			t.Errorf("%s: ahead %q, want %q", when, got, want)
		}
		s.rehearse(k, packages, s.question(), does)
		if got := ahead(k, packages, s.question()); len(got) != len(packages) {
			t.Errorf("%s, after a rehearsal: ahead %q", when, got)
		}
	}
	check("nothing is known")
	check("nothing has changed", "a", "asks", "b", "reads")
	s.pack("b", "another version")
	check("b is another", "asks", "reads")
	testkit.NoError(t, os.WriteFile(conf, nil, 0o600))
	check("a file appeared", "a", "asks", "b")
	s.env["MODE"] = "1"
	check("a variable is set", "a", "b", "reads")
	s.env["OTHER"] = "1"
	packages[1].Files = append(packages[1].Files, s.pack("b2", "").Files...)
	check("a file more of b is loaded", "asks", "reads")
	q := s.question()
	q.Sets = map[string]string{"MODE": Digest("2")}
	if got := ahead(k, packages, q); !slices.Equal(got, []string{"a", "b", "reads"}) {
		t.Errorf("the program sets a variable: %q", got)
	}
}

// A variable that a package sets, as dotenv/config does, is set by the package in a standby, too.
func TestVariablesThatAPackageSets(t *testing.T) {
	s, k := newShelf(t), Remember("", "")
	packages := []Package{s.pack("dotenv", ""), s.pack("asks", "")}
	q := s.question()
	q.Sets = map[string]string{"MODE": Digest("1")}
	s.rehearse(k, packages, q, func(name string, o *observed) {
		if name == "dotenv" {
			o.add(message{Type: "sets", Package: name, Name: "MODE", Value: "1"})
		}
		o.add(message{Type: "env", Package: name, Name: "MODE"})
	})
	if got := ahead(k, packages, q); !slices.Equal(got, []string{"asks", "dotenv"}) {
		t.Errorf("ahead %q", got)
	}
	q.Sets["MODE"] = Digest("2")
	if got := ahead(k, packages, q); len(got) > 0 {
		t.Errorf("the program has another value: %q", got)
	}
	q.Sets["MODE"], q.Project = Digest("1"), []string{"dotenv"}
	if got := ahead(k, packages, q); len(got) > 0 {
		t.Errorf("nobody sets it in a standby: %q", got)
	}
}

// A package that reads what another one has changed before is loaded behind that one, and so by the
// program. One that comes before is not.
func TestUsersOfWhatIsChanged(t *testing.T) {
	s, k := newShelf(t), Remember("", "")
	packages := []Package{s.pack("first", ""), s.pack("patcher", ""), s.pack("second", ""),
		s.pack("needs", "", "second"), s.pack("other", "")}
	shown := false
	s.rehearse(k, packages, s.question(), func(name string, o *observed) {
		switch {
		case name == "patcher":
			o.note(name, "changes console.log")
			o.changes[name] = []string{"console.log"}
			shown = true
		case shown && (name == "first" || name == "second"):
			o.add(message{Type: "uses", Package: name, Name: "console.log"})
		}
	})
	if got := ahead(k, packages, s.question()); !slices.Equal(got, []string{"first", "other"}) {
		t.Errorf("ahead %q", got)
	}
	if c := k.Choose(packages, s.question()); !slices.Equal(c.Changed, []string{"console.log"}) ||
		c.Left["second"] != "reads console.log, which patcher changes" {
		t.Errorf("%+v", c)
	}
}

// Rehearsals come to an end, whatever they show.
func TestRehearsalsEnd(t *testing.T) {
	s, n := newShelf(t), 0
	var packages []Package
	for i := range 20 {
		packages = append(packages, s.pack(fmt.Sprint("p", i), ""))
	}
	k := Remember("", "")
	rounds := s.rehearse(k, packages, s.question(), func(name string, o *observed) {
		if name == fmt.Sprint("p", n) {
			o.note(name, "prints")
			n++
		}
	})
	if got := ahead(k, packages, s.question()); rounds > maxRounds || len(got) > 0 {
		t.Errorf("%d rehearsals, ahead %q", rounds, got)
	}
	k = Remember("", "")
	for i := range maxRounds + 1 {
		if !k.failed(packages, "p3", "hangs") {
			if got := len(k.Choose(packages, s.question()).Unknown); i < maxFailures || got > 0 {
				t.Errorf("given up after %d rehearsals, %d unknown", i, got)
			}
			return
		}
	}
	t.Error("rehearsals that fail never end")
}

// TestAPlanIsASet: for random orders, additions, removals, updates and rehearsals of packages, what
// is loaded ahead is what is clean, needs clean packages only, and was rehearsed as it is: never a
// stale package, and nothing less than that.
func TestAPlanIsASet(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 23))
		s, k := newShelf(t), Remember("", "")
		versions, rehearsed, does := map[string]int{}, map[string]int{}, map[string]string{}
		needs := map[string][]string{}
		var packages []Package
		for i := range 12 {
			name := fmt.Sprint("p", i)
			if i > 0 && r.IntN(2) == 0 {
				needs[name] = []string{fmt.Sprint("p", r.IntN(i))}
			}
			if r.IntN(5) == 0 {
				does[name] = "prints"
			}
		}
		add := func(name string) {
			packages = append(packages, s.pack(name, strings.Repeat("x", versions[name]), needs[name]...))
		}
		for range 30 {
			due := false // a rehearsal was made
			switch name := fmt.Sprint("p", r.IntN(12)); r.IntN(5) {
			case 0: // an import more, or less
				if i := slices.Index(names(packages), name); i >= 0 {
					packages = slices.Delete(packages, i, i+1)
				} else {
					add(name)
				}
			case 1: // npm install
				if i := slices.Index(names(packages), name); i >= 0 {
					versions[name]++
					packages = slices.Delete(packages, i, i+1)
					add(name)
				}
			case 2, 3: // another boot
				r.Shuffle(len(packages), func(i, j int) { packages[i], packages[j] = packages[j], packages[i] })
			case 4:
				s.rehearse(k, packages, s.question(), func(name string, o *observed) {
					if does[name] != "" {
						o.note(name, does[name])
					}
				})
				due = true
			}
			present := names(packages)
			var known, clean func(name string) bool
			known = func(name string) bool {
				return rehearsed[name] == versions[name]+1 && !slices.ContainsFunc(needs[name], func(n string) bool {
					return slices.Contains(present, n) && does[n] == "" && !known(n)
				})
			}
			clean = func(name string) bool {
				return does[name] == "" && !slices.ContainsFunc(needs[name], func(n string) bool {
					return slices.Contains(present, n) && !clean(n)
				})
			}
			for _, name := range present {
				if due && clean(name) {
					rehearsed[name] = versions[name] + 1
				}
			}
			got := ahead(k, packages, s.question())
			for _, name := range got {
				if !clean(name) || rehearsed[name] != versions[name]+1 {
					t.Fatalf("seed %d: %s is loaded ahead: clean %v, rehearsed in version %d of %d", seed, name,
						clean(name), rehearsed[name]-1, versions[name])
				}
			}
			shuffled := slices.Clone(packages)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if again := ahead(k, shuffled, s.question()); !slices.Equal(got, again) {
				t.Fatalf("seed %d: in another order %q, not %q", seed, again, got)
			}
			for _, name := range present {
				if clean(name) && known(name) && !slices.Contains(got, name) &&
					!slices.ContainsFunc(needs[name], func(n string) bool { return slices.Contains(present, n) }) {
					t.Fatalf("seed %d: %s is not loaded ahead: %+v", seed, name, k.Choose(packages, s.question()))
				}
			}
		}
	}
}
