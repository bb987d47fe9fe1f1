//go:build linux

package e2e

import (
	"errors"
	"fmt"
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
	p.gen = p.serving(1).Gen
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

// saves saves as soon as a standby waits and then something has changed.
func (p *probing) saves(change func(), warm bool, want string) {
	p.t.Helper()
	p.wait("a standby", func(l line) bool { return l.Event == "standby" && l.Gen > p.gen })
	change()
	p.versions++
	p.save(p.versions)
	l := p.nth("the next version", p.versions, func(l line) bool { return l.Event == "serving" })
	if l.Warm != warm {
		p.t.Errorf("version %d began warm: %t", p.versions, l.Warm)
	}
	p.gen = l.Gen
	p.wrote(want)
}

// noticed returns when a standby has been thrown away because of this.
func (p *probing) noticed(what string) {
	p.t.Helper()
	p.wait("that it "+what, func(l line) bool { return l.Event == "no-standby" && l.Again && strings.Contains(fmt.Sprint(l), what) })
}

// Only the first standby that loads packages observes them, and the first one after a package
// has changed.
func TestOnlyTheTrialObservesPython(t *testing.T) {
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
	p.saves(nothing, true, "early observed")
	p.saves(nothing, true, "early unobserved")
	// What a package reads counts in each standby: it may read more than in the trial.
	p.saves(writes("first"), true, "early unobserved")
	p.saves(writes("second"), false, "late second")
	p.saves(func() { _ = os.Remove(read) }, false, "late unobserved")
	p.saves(func() { write(t, filepath.Join(site, "probe.py"), text+"print('loud')\n") }, false, "late unobserved")
	p.noticed("probe prints")
	p.saves(nothing, true, "late unobserved")
}

// probingRuby is a server with a gem.
func probingRuby(t *testing.T, text string, env ...string) (p *probing, gem string) {
	needs(t, "ruby", "-rrack/handler/puma", "-e", "")
	f, port := readFramework(t, "puma"), freePort(t)
	dir, a := f.written(t), awkward{dir: t.TempDir()}
	gem = filepath.Join(a.dir, "home/gems/probe-1.0/lib/probe.rb")
	if err := errors.Join(os.MkdirAll(filepath.Dir(gem), 0o700), os.WriteFile(gem, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	a.gems(t)
	prepend(t, filepath.Join(dir, "server.rb"), `ENV['MODE'] = 'x'
early = $".grep(/probe/).empty? ? 'late' : 'early'
require 'probe'
File.write(ENV['HAD'], "#{early} #{PROBED}\n", mode: 'a')
`)
	env = append(env, "PORT="+port, "GEM_HOME="+filepath.Join(a.dir, "home"))
	return startProbing(t, dir, f.command(port), env, func(v int) { f.save(t, dir, v) }), gem
}

const probesRuby = "PROBED = ENV.method(:[]).source_location ? 'observed' : 'unobserved'\n"

// The same of Ruby.
func TestOnlyTheTrialObservesRuby(t *testing.T) {
	t.Parallel()
	p, gem := probingRuby(t, probesRuby)
	nothing := func() {}
	p.saves(nothing, true, "early observed")
	p.saves(nothing, true, "early unobserved")
	p.saves(nothing, true, "early unobserved")
	p.saves(func() { write(t, gem, probesRuby+"puts 'loud'\n") }, false, "late unobserved")
	p.noticed("probe writes")
	p.saves(nothing, true, "late unobserved")
}

// A file of the project that a gem names by its path does not run early either if it is newer
// than the trial.
func TestNoStandbyRunsProjectRuby(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "settings.rb")
	p, _ := probingRuby(t, probesRuby+"load ENV['SETTINGS'] if File.exist?(ENV['SETTINGS'])\n", "SETTINGS="+file)
	nothing := func() {}
	p.saves(nothing, true, "early observed")
	p.saves(func() { write(t, file, "$stderr.puts $$\n") }, true, "early unobserved")
	p.noticed("probe needs")
	p.saves(nothing, true, "late unobserved")
}
