//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// ping asks for the version that serves, on a connection of its own.
func ping(port string) string {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := c.Get("http://127.0.0.1:" + port + "/ping")
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return fmt.Sprint(string(b), err)
}

// Saves, each taken by a standby, under load.
func TestWarmSaves(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "hono-cdc"), freePort(t)
	source := filepath.Join(dir, "src", "version.ts")
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"}})
	h.serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 100)
	var boots []float64
	last := 5
	if full() {
		last = 21
	}
	for v := 2; v <= last; v++ {
		h.waits(v)
		save(t, source, v)
		l := h.serving(v)
		if !l.Standby {
			t.Errorf("generation %d began cold", v)
		}
		boots = append(boots, l.BootMS)
		tr.answers(strconv.Itoa(v), 100)
	}
	h.drained(last - 1)
	s := tr.end()
	for v := 1; v <= last; v++ {
		if s.Version(strconv.Itoa(v)).Answers == 0 {
			t.Errorf("version %d was never answered", v)
		}
	}
	if log := h.log(); strings.Contains(log, `"event":"unused"`) {
		t.Errorf("a standby was thrown away:\n%s", log)
	}
	if st := h.wait("the last standby", func(l line) bool { return l.Event == "standby" && l.Gen == last+1 }); st.Ahead == 0 {
		t.Errorf("it has loaded nothing ahead: %+v", st)
	}

	t.Logf("boots under load: %.0f ms", boots)
}

// waits returns when the standby of a generation does.
func (h *hotswap) waits(gen int) {
	h.t.Helper()
	h.wait(fmt.Sprintf("the standby of generation %d", gen), func(l line) bool { return l.Event == "standby" && l.Gen == gen })
}

// A FIFO in the place of settings that no program reads keeps hotswap from nothing.
func TestWarmBelowFIFOs(t *testing.T) {
	t.Parallel()
	above, port := t.TempDir(), freePort(t)
	dir := filepath.Join(above, "app")
	main := filepath.Join(dir, "main.js")
	text := "require('http').createServer((q, r) => r.end('version 1')).listen(process.env.PORT, '127.0.0.1')\n"
	if err := errors.Join(
		os.Mkdir(dir, 0o755), os.WriteFile(main, []byte(text), 0o644), syscall.Mkfifo(filepath.Join(above, "tsconfig.json"), 0o644),
		syscall.Mkfifo(filepath.Join(dir, ".gitignore"), 0o644), syscall.Mkfifo(filepath.Join(dir, ".env"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"node", "main.js"}})
	h.serving(1)
	h.waits(2)
	write(t, main, strings.Replace(text, "version 1", "version 2", 1))
	if l := h.serving(2); !l.Standby {
		t.Error("it began cold")
	}
	if got := ping(port); !strings.Contains(got, "version 2") {
		t.Errorf("it answers %s", got)
	}
}

// The first process of a cluster accepts no connection, and is the one that waits.
func TestWarmCluster(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	main := filepath.Join(dir, "main.js")
	text := `const c = require('cluster')
if (c.isPrimary) c.fork(), c.fork()
else require('http').createServer((q, r) => r.end('version 1')).listen(process.env.PORT, '127.0.0.1')
`
	if err := os.WriteFile(main, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"node", "main.js"}})
	h.serving(1)
	h.waits(2)
	write(t, main, strings.Replace(text, "version 1", "version 2", 1))
	if l := h.serving(2); !l.Standby {
		t.Error("it began cold")
	}
	if got := ping(port); !strings.Contains(got, "version 2") {
		t.Errorf("it answers %s", got)
	}
}

// The time from a save to the first answer of what was saved, in one run and in turns.
func TestWarmIsFasterThanCold(t *testing.T) {
	saves := 3
	if full() {
		saves = 5
	}
	type side struct {
		how  string
		dir  string
		port string
		h    *hotswap
		took []time.Duration
	}
	var sides []*side
	for _, how := range []string{"--no-warm", "--no-warm=false"} {
		s := &side{how: how, dir: project(t, "hono-cdc"), port: freePort(t)}
		s.h = start(t, options{dir: s.dir, env: []string{"PORT=" + s.port}, args: []string{how, "--probation", brief}, command: []string{"npm", "run", "dev"}})
		s.h.serving(1)
		sides = append(sides, s)
	}
	for v := 2; v < 2+saves; v++ {
		sides[1].h.waits(v)
		for _, s := range sides {
			save(t, filepath.Join(s.dir, "src", "version.ts"), v)
			begin := time.Now()
			for !strings.Contains(ping(s.port), `"version":`+strconv.Itoa(v)) {
				if time.Since(begin) > patience {
					t.Fatalf("version %d does not answer\n%s", v, s.h.log())
				}
			}
			s.took = append(s.took, time.Since(begin))
			if l := s.h.serving(v); l.Standby != (s.how == "--no-warm=false") {
				t.Errorf("%s: generation %d began warm: %v", s.how, v, l.Standby)
			}
			s.h.drained(v - 1)
		}
	}
	for _, s := range sides {
		t.Logf("%s: %v", s.how, s.took)
	}
	// The least: what a machine has to do besides only adds.
	if cold, warm := slices.Min(sides[0].took), slices.Min(sides[1].took); warm > cold/2 {
		t.Errorf("warm %v, cold %v", warm, cold)
	}
}

// A standby has had its loader translate something: tsx has its esbuild, which
// it starts for the first file that it has not seen before. Nothing of that is left
// for anybody to see.
func TestStandbyHasItsLoaderReady(t *testing.T) {
	t.Parallel()
	if major, err := exec.Command("node", "-p", "process.versions.node.split('.')[0]").Output(); err != nil || strings.TrimSpace(string(major)) > "20" {
		t.Skipf("Node %s: there tsx runs esbuild anew for each file", major)
	}
	dir, port := project(t, "hono-cdc"), freePort(t)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"}})
	h.waits(2)
	var names []string
	for _, pid := range standbyOf(t, 2) {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)) // it may have gone
		names = append(names, strings.TrimSpace(string(name)))
	}
	if !slices.Contains(names, "esbuild") {
		t.Errorf("no esbuild among %q", names)
	}
	save(t, filepath.Join(dir, "src", "version.ts"), 2)
	h.serving(2)
	if l := h.wait("generation 2 has told what it has loaded", func(l line) bool { return l.Event == "follows" && l.Gen == 2 }); strings.Contains(l.Message+fmt.Sprint(l.Files), "standby-") {
		t.Errorf("it has loaded %v", l)
	}
	h.waits(3)
}

// What the adapter needs for a program's first connection is loaded before the standby waits,
// and what only the standby needed is gone when the program begins.
func TestStandbyIsReadyForItsFirstConnection(t *testing.T) {
	t.Parallel()
	for _, n := range nodes(t) {
		t.Run(fmt.Sprint("node", n.major), func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			main := filepath.Join(dir, "main.cjs")
			program := `
const adapter = Object.keys(require.cache).filter((f) => /[\\/]node-[0-9a-f]{16}[\\/]/.test(f)).map((f) => f.split(/[\\/]/).slice(-2).join('/'))
require('http').createServer((req, res) => res.end(JSON.stringify(adapter))).listen(process.env.PORT)
`
			write(t, main, program)
			h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{n.binary, "main.cjs"}})
			h.waits(2)
			if cold := ping(port); strings.Contains(cold, "drain/conns.cjs") {
				t.Errorf("a cold start has loaded %s", cold)
			}
			write(t, main, program+"// changed\n")
			h.serving(2)
			if warm := ping(port); !strings.Contains(warm, "drain/conns.cjs") || !strings.Contains(warm, "transport.cjs") || strings.Contains(warm, "standby/") {
				t.Errorf("a standby has loaded %s", warm)
			}
		})
	}
}
