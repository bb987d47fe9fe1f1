//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// probing is a server that loads a package probe. It writes into the file $HAD, each time that
// it begins, whether the package was there already, and what that had seen.
type probing struct {
	*hotswap
	t        *testing.T
	had      string
	save     func(version int)
	gen      int // that serves
	versions int
}

// startProbing runs the server.
func startProbing(t *testing.T, dir string, command, env []string, save func(version int)) *probing {
	p := &probing{t: t, had: filepath.Join(t.TempDir(), "had"), save: save, versions: 1}
	p.hotswap = start(t, options{dir: dir, env: append(env, "HAD="+p.had), command: command})
	p.gen = p.Serving(1).Gen
	p.wrote("late unobserved")
	return p
}

func (p *probing) wrote(want string) {
	p.t.Helper()
	text, err := os.ReadFile(p.had)
	if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); err != nil || lines[len(lines)-1] != want {
		p.t.Errorf("version %d: %q, %v; want %q", p.versions, lines, err, want)
	}
}

// saves saves as soon as a standby waits and then something has changed. want: what the program
// writes; "": anything.
func (p *probing) saves(change func(), warm bool, want string) {
	p.t.Helper()
	p.Wait("a standby", func(l line) bool { return l.Event == "standby" && l.Gen > p.gen })
	change()
	p.versions++
	p.save(p.versions)
	l := p.Nth("the next version", p.versions, func(l line) bool { return l.Event == "serving" })
	if l.Standby != warm {
		p.t.Errorf("version %d began warm: %t", p.versions, l.Standby)
	}
	p.gen = l.Gen
	if want != "" {
		p.wrote(want)
	}
}

// Only rehearsals observe packages. What a rehearsal has shown holds until the package changes, or
// what it reads.
func TestOnlyRehearsalsObservePython(t *testing.T) {
	t.Parallel()
	dir, site, port := project(t, "python"), filepath.Join(t.TempDir(), "site-packages"), freePort(t)
	read, text := filepath.Join(t.TempDir(), "probe.conf"), `import os
seen = "unobserved" if type(os.environ._data) is dict else "observed"
if os.path.exists(os.environ["CONF"]):
    with open(os.environ["CONF"]) as f:
        seen = f.read()
`
	if err := os.Mkdir(site, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(site, "probe.py"), text)
	prepend(t, filepath.Join(dir, "server.py"), `import os, sys
early = "early" if "probe" in sys.modules else "late"
import probe
with open(os.environ["HAD"], "a") as f:
    print(early, probe.seen, file=f)
`)
	p := startProbing(t, dir, []string{pythons(t)[0], "-B", "server.py"}, []string{"PORT=" + port, "PYTHONPATH=" + site, "CONF=" + read},
		func(v int) { save(t, filepath.Join(dir, "version.py"), v) })
	nothing, writes := func() {}, func(text string) func() { return func() { write(t, read, text) } }
	p.saves(nothing, true, "early unobserved")
	// What a rehearsal has shown holds for the standbys after it: one waits already when it ends.
	catchesUp := func(want string) {
		t.Helper()
		p.saves(nothing, true, "")
		for range 3 {
			if text, _ := os.ReadFile(p.had); strings.HasSuffix(string(text), want+"\n") {
				return
			}
			p.saves(nothing, true, "")
		}
		p.wrote(want)
	}
	rehearsed := func(do func()) {
		t.Helper()
		seen := len(p.Lines())
		do()
		p.After(seen, "the last rehearsal", func(l line) bool { return l.Event == "rehearsed" && !l.Again })
	}
	rehearsed(func() { p.saves(writes("first"), false, "late first") })
	catchesUp("early first")
	rehearsed(func() { p.saves(func() { _ = os.Remove(read) }, false, "late unobserved") })
	catchesUp("early unobserved")
	p.saves(func() { write(t, filepath.Join(site, "probe.py"), text+"print('loud')\n") }, false, "late unobserved")
	// A standby that has begun before the rehearsal ends has not tried the package, and does not load it.
	p.Wait("a rehearsal that finds something", func(l line) bool { return l.Event == "rehearsed" && l.Again })
	p.saves(nothing, true, "late unobserved")
	p.Wait("that it prints", func(l line) bool { return l.Event == "standby-left" && strings.Contains(l.Message, "probe prints") })
	p.saves(nothing, true, "late unobserved")
}
