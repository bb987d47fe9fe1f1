package standby

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What was learnt outlives the run: the next hotswap rehearses nothing, of the same program only.
func TestRemember(t *testing.T) {
	s, dir := newShelf(t), t.TempDir()
	k := Remember(dir, "node 20 main.js")
	packages := []Package{s.pack("a", ""), s.pack("loud", "")}
	s.rehearse(k, packages, s.question(), func(name string, o *observed) {
		if name == "loud" {
			o.note(name, "prints")
			return
		}
		o.add(message{Type: "read", Package: name, File: filepath.Join(s.dir, "missing")})
	})
	again := Remember(dir, "node 20 main.js")
	if got := ahead(again, packages, s.question()); !slices.Equal(got, []string{"a"}) {
		t.Errorf("remembered: %q", got)
	}
	if c := again.Choose(packages, s.question()); len(c.Unknown) > 0 || c.Left["loud"] != "prints" {
		t.Errorf("remembered: %+v", c)
	}
	if c := Remember(dir, "node 22 main.js").Choose(packages, s.question()); len(c.Unknown) != 2 {
		t.Errorf("another runtime: %+v", c)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
	path := filepath.Join(dir, entries[0].Name())
	text := testkit.Must(os.ReadFile(path))(t)
	for what, damaged := range map[string]string{
		"cut": string(text[:len(text)/2]), "empty": "", "more": string(text) + "{}",
		"of another format":  strings.Replace(string(text), `"format":1`, `"format":2`, 1),
		"of another program": strings.Replace(string(text), again.key, strings.Repeat("0", 64), 1),
		"large":              string(text) + strings.Repeat(" ", maxMemory),
	} {
		testkit.NoError(t, os.WriteFile(path, []byte(damaged), 0o600))
		if c := Remember(dir, "node 20 main.js").Choose(packages, s.question()); len(c.Unknown) != 2 {
			t.Errorf("a file that is %s: %+v", what, c)
		}
	}
}

// The number of files is bounded. Those that were used longest ago go.
func TestForget(t *testing.T) {
	s, dir := newShelf(t), t.TempDir()
	packages := []Package{s.pack("a", "")}
	first := Remember(dir, "first")
	s.rehearse(first, packages, s.question(), func(string, *observed) {})
	long := time.Now().Add(-time.Hour)
	for i := range maxPrograms + 5 {
		path := filepath.Join(dir, fmt.Sprint(i))
		testkit.NoError(t, os.WriteFile(path, nil, 0o600))
		_ = os.Chtimes(path, long, long.Add(time.Duration(i)*time.Second))
	}
	_ = os.Chtimes(first.path, long, long.Add(-time.Hour))
	Remember(dir, "first") // it is in use
	s.rehearse(Remember(dir, "second"), packages, s.question(), func(string, *observed) {})
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != maxPrograms {
		t.Errorf("%d files, %v", len(entries), err)
	}
	if c := Remember(dir, "first").Choose(packages, s.question()); len(c.Unknown) > 0 {
		t.Errorf("what is in use is forgotten: %+v", c)
	}
}

func FuzzParseMemory(f *testing.F) {
	f.Add([]byte(`{"format":1,"key":"x","packages":{"a":{"files":{"/a.js":{"s":1,"t":2,"i":3}},"env":{"A":"x"}}}}`))
	f.Add([]byte(`{"format":1,"packages":{"a":{"files":{"a.js":{}}}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseMemory(b)
		if !ok {
			return
		}
		k := &Knowledge{packages: m.Packages}
		var packages []Package
		for name, f := range m.Packages {
			p := Package{Name: name}
			for file := range f.Files {
				p.Files = append(p.Files, file)
			}
			packages = append(packages, p)
		}
		c := k.Choose(packages, Question{Env: func(string) string { return "" }})
		for _, p := range packages {
			for _, file := range p.Files {
				if _, err := os.Stat(file); err != nil && c.Ahead(p.Name) {
					t.Errorf("%s is loaded ahead, and %s does not exist", p.Name, file)
				}
			}
		}
	})
}
