//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/bun"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

func TestWarmRubyPrograms(t *testing.T) {
	t.Parallel()
	needs(t, "ruby", "-e", "")
	programs, err := filepath.Glob("testdata/warmruby/*.txtar")
	if err != nil || len(programs) < 12 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	binary, err := exec.LookPath("ruby")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range programs {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			readAwkward(t, file).compareRuby(t, binary)
		})
	}
}

const gemspec = `Gem::Specification.new { |s| s.name, s.version, s.summary, s.authors, s.files = %q, %q, "x", ["x"], [] }`

// gems makes gems of what the program has in home/gems.
func (a awkward) gems(t *testing.T) {
	t.Helper()
	found, _ := os.ReadDir(filepath.Join(a.dir, "home/gems")) // or there are none
	for _, dir := range found {
		name, version, _ := strings.Cut(dir.Name(), "-")
		path := filepath.Join(a.dir, "home/specifications", dir.Name()+".gemspec")
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, fmt.Appendf(nil, gemspec, name, version), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// compareRuby runs the program cold and warm.
func (a awkward) compareRuby(t *testing.T, binary string) {
	a.gems(t)
	a.env = append(a.env, "GEM_HOME="+filepath.Join(a.dir, "home"))
	// What tells at the end, if the program has no threads.
	last := filepath.Join(t.TempDir(), "last.rb")
	if err := os.WriteFile(last, []byte("at_exit { Thread.new {}.join }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tr := ruby.New(scratch.New())
	a.compareWith(t, binary, tr, "RUBYOPT=", " -r"+last)
}

// gemProgram is a program that requires gems.
type gemProgram struct {
	awkward
	of  ruby.Runtime
	gen handoff.GenID
}

// newGemProgram makes the gems, whose names and texts these are.
func newGemProgram(t *testing.T, gems map[string]string) *gemProgram {
	needs(t, "ruby", "-e", "")
	p := &gemProgram{awkward: awkward{dir: t.TempDir(), args: []string{"app.rb"}}, of: ruby.New(scratch.New())}
	for name, text := range gems {
		file := filepath.Join(p.dir, "home/gems", name+"-1.0/lib", name+".rb")
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	p.gems(t)
	p.env = []string{"GEM_HOME=" + filepath.Join(p.dir, "home")}
	return p
}

// use runs the program with these gems, and has the manager make its standbys.
func (p *gemProgram) use(t *testing.T, m *runtime.Manager, gems ...string) warmRun {
	t.Helper()
	binary, err := exec.LookPath("ruby")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(p.dir, "app.rb"), "%w["+strings.Join(gems, " ")+"].each { |gem| require gem }\nThread.new {}.join\n")
	launch := func(handoff.GenID) *handoff.Launch {
		p.gen++
		l := &handoff.Launch{Gen: p.gen, Env: slices.Clone(p.env)}
		s, err := p.of.Prepare(l)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.(io.Closer).Close() })
		return l
	}
	start := func(l *handoff.Launch) (*exec.Cmd, func() outcome) { return p.command(t, binary, l.Env...) }
	cmd, end := start(launch(0))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if o := end(); o.end != "exit status 0" {
		t.Fatalf("%+v", o)
	}
	program, err := p.of.Program(p.gen, cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	learn, err := m.Use(nil, program, standby.Process{PID: cmd.Process.Pid, Exe: binary, Dir: p.dir, Env: p.env})
	if err != nil {
		t.Fatal(err)
	}
	return warmRun{awkward: p.awkward, w: m, learn: learn, launch: launch, start: start}
}

// rehearsed returns what standbys do not load, after all rehearsals.
func (r warmRun) rehearsed(t *testing.T) (left []string) {
	t.Helper()
	for try := handoff.GenID(1); r.learn; try++ {
		if try > maxRehearsals {
			t.Fatal("each rehearsal shows something new")
		}
		r.rehearse(t, try)
	}
	return r.left(t)
}

// left returns what a standby would not load now.
func (r warmRun) left(t *testing.T) []string {
	t.Helper()
	s, err := r.w.Prepare(r.launch(0))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, left := s.Loaded()
	return left
}

// some are gems of which one prints, between what it requires and what is required after it.
var some = map[string]string{
	"top": "require 'left'\nrequire 'loud'\nrequire 'right'", "left": "require 'deep'", "right": "require 'deep'", "deep": "X = 1",
	"loud": "require 'deep'\nputs 'loud'\nrequire 'right'", "aside": "require 'right'", "late": "",
}

// Only the gem whose own code did something is left out, and what needs it, whatever the order is
// in which the program requires the gems.
func TestRubyOffenderAlone(t *testing.T) {
	t.Parallel()
	p, want := newGemProgram(t, some), []string{"loud writes", "top needs loud"}
	order := []string{"top", "left", "right", "deep", "loud", "aside"}
	for range 4 {
		if got := p.use(t, runtime.New(runtime.Config{Tmp: scratch.New()}), order...).rehearsed(t); !slices.Equal(got, want) {
			t.Errorf("%q: %q are left out, want %q", order, got, want)
		}
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
}

// A gem that is new to the program, or has changed, leaves the others loaded ahead. What was learnt
// is known to the next hotswap.
func TestRubyNewGem(t *testing.T) {
	t.Parallel()
	p, c := newGemProgram(t, some), runtime.Config{Tmp: scratch.New(), Memory: t.TempDir()}
	m := runtime.New(c)
	expect := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q are left out, want %q", what, got, want)
		}
	}
	expect("at first", p.use(t, m, "aside").left(t), "aside has not been tried yet", "deep has not been tried yet", "right has not been tried yet")
	expect("rehearsed", p.use(t, m, "aside").rehearsed(t))
	r := p.use(t, m, "late", "aside")
	expect("with another", r.left(t), "late has not been tried yet")
	expect("with another, rehearsed", r.rehearsed(t))
	if r := p.use(t, runtime.New(c), "late", "aside"); r.learn {
		t.Errorf("the next hotswap does not know: %q", r.left(t))
	}
	write(t, filepath.Join(p.dir, "home/gems/right-1.0/lib/right.rb"), "require 'deep' # changed")
	expect("changed", p.use(t, m, "late", "aside").left(t), "aside has not been tried yet", "right has not been tried yet")
}

// A standby whose place cannot be read does not run.
func TestNothingRunsWithoutAPlace(t *testing.T) {
	t.Parallel()
	_, bunCommand := bunProgram(t)
	for _, c := range []struct {
		argv []string
		of   handoff.Transport
		hold string
	}{
		{[]string{bunCommand, "-e", "console.log('early')"}, bun.New(scratch.New()), bun.HoldVariable},
		{[]string{"ruby", "-e", "puts 'early'"}, ruby.New(scratch.New()), ruby.HoldVariable},
		{[]string{pythons(t)[0], "-c", "print('early')"}, python.New(scratch.New()), python.HoldVariable},
	} {
		needs(t, c.argv[0], "--version")
		l := &handoff.Launch{Gen: 1}
		s, err := c.of.Prepare(l)
		if err != nil {
			t.Fatal(err)
		}
		defer s.(io.Closer).Close()
		cmd := exec.Command(c.argv[0], c.argv[1:]...)
		cmd.Env = append(append(os.Environ(), l.Env...), c.hold+"=/nowhere")
		out, err := cmd.CombinedOutput()
		if len(out) > 0 || err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("%q: %v\n%s", c.argv, err, out)
		}
	}
}

const loop = `
from, i, a, s = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID), 0, [1, 2, 3], 0
while i < 5_000_000
  s += a[i % 3] + 1
  i += 1
end
print Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - from
`

// Ruby runs all code by other, slower instructions once an event of methods has been
// asked for, even if it is asked for no more: then it took four times as long.
func TestRubyIsNotSlower(t *testing.T) {
	needs(t, "ruby", "-e", "")
	l := &handoff.Launch{Gen: 1}
	s, err := ruby.New(scratch.New()).Prepare(l)
	if err != nil {
		t.Fatal(err)
	}
	defer s.(io.Closer).Close()
	least := func(env []string) (least float64) {
		for range 5 {
			cmd := exec.Command("ruby", "-e", loop)
			cmd.Env = append(os.Environ(), env...)
			out, err := cmd.Output()
			took, failed := strconv.ParseFloat(string(out), 64)
			if err := errors.Join(err, failed); err != nil {
				t.Fatal(err)
			}
			if least == 0 || took < least {
				least = took
			}
		}
		return least
	}
	if bare, told := least(nil), least(l.Env); told > 2*bare {
		t.Errorf("%.3f s, bare %.3f s", told, bare)
	} else {
		t.Logf("%.3f s, bare %.3f s", told, bare)
	}
}

// What a Ruby program tells does not grow with the threads that it begins: servers
// begin one for each request.
func TestRubyTellsOfNoThreads(t *testing.T) {
	t.Parallel()
	needs(t, "ruby", "-e", "")
	l := &handoff.Launch{Gen: 1}
	s, err := ruby.New(scratch.New()).Prepare(l)
	if err != nil {
		t.Fatal(err)
	}
	defer s.(io.Closer).Close()
	told := func(threads int) (size int64) {
		cmd := exec.Command("ruby", "-e", fmt.Sprintf("%d.times { Thread.new {}.join }; require 'set'; print Dir[ENV['TOLD'] + '/*'].sum { |f| File.size(f) }", threads))
		_, dir, _ := strings.Cut(l.Env[slices.IndexFunc(l.Env, func(kv string) bool { return strings.HasPrefix(kv, "HOTSWAP_RUBY=") })], "=")
		cmd.Env = append(append(os.Environ(), l.Env...), "TOLD="+dir)
		out, err := cmd.Output()
		if err == nil {
			size, err = strconv.ParseInt(string(out), 10, 64)
		}
		if err != nil || size == 0 {
			t.Fatalf("%q, %v", out, err)
		}
		return size
	}
	few := told(100)
	if many := told(5000) - few; many > few+few/4 { // the first one's is there still
		t.Errorf("%d bytes of 5,000 threads, %d of 100", many, few)
	}
}

func TestWarmRubySaves(t *testing.T) {
	needs(t, "ruby", "-rrack/handler/puma", "-e", "")
	f := readFramework(t, "puma")
	warmSaves(t, "Rack's request", "0\n", "1\n", func(t *testing.T, port string) (string, []string, func(int)) {
		dir := f.written(t)
		// Rack loads its request with the first one that comes, which may be after hotswap has looked.
		prepend(t, filepath.Join(dir, "server.rb"), "File.write(ENV['HAD'], \"#{$\".grep(%r{/rack/request}).size}\\n\", mode: 'a')\nrequire 'rack/request'\n")
		return dir, f.command(port), func(v int) { f.save(t, dir, v) }
	})
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

// Only rehearsals observe gems, and no generation is a rehearsal.
func TestNoStandbyObservesRuby(t *testing.T) {
	t.Parallel()
	p, gem := probingRuby(t, probesRuby)
	nothing := func() {}
	p.saves(nothing, true, "early unobserved")
	p.saves(nothing, true, "early unobserved")
	p.saves(func() { write(t, gem, probesRuby+"puts 'loud'\n") }, false, "late unobserved")
	p.without("probe writes")
	p.saves(nothing, true, "late unobserved")
}

// without returns when a standby goes without a gem because of this.
func (p *probing) without(what string) {
	p.t.Helper()
	p.wait("that it "+what, func(l line) bool { return l.Event == "standby-left" && strings.Contains(l.Message, what) })
}

// A file of the project that a gem names by its path does not run early either if it is newer
// than the rehearsal.
func TestNoStandbyRunsProjectRuby(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "settings.rb")
	p, _ := probingRuby(t, probesRuby+"load ENV['SETTINGS'] if File.exist?(ENV['SETTINGS'])\n", "SETTINGS="+file)
	nothing := func() {}
	p.saves(nothing, true, "early unobserved")
	p.saves(func() { write(t, file, "$stderr.puts $$\n") }, true, "early unobserved")
	p.without("probe needs")
	p.saves(nothing, true, "late unobserved")
}
