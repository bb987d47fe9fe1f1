//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/bun"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
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
