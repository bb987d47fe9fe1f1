//go:build linux

package e2e

import (
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// fleetBun returns the command of Bun, which examples/fleet installs.
func fleetBun() string { return filepath.Join(root, "examples/fleet/node_modules/.bin/bun") }

// bunProgram copies the servers for Bun, and returns Bun's command.
func bunProgram(t *testing.T) (dir, command string) {
	t.Helper()
	install(t, filepath.Join(root, "examples/fleet"))
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "internal/e2e/testdata/bun"))); err != nil {
		t.Fatal(err)
	}
	return dir, fleetBun()
}

// Every save of a Bun program is answered by a process that has waited, no request is lost, on
// kept connections neither, and every WebSocket is told to reconnect.
func TestBun(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"serve.ts", "http.ts"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			clients, saves := 20, 2
			dir, bun := bunProgram(t)
			port := freePort(t)
			h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--probation", brief}, command: []string{bun, file}})
			h.serving(1)
			fixed := load.KeepAliveGET(2) // Bun.serve answers these without the program
			fixed.Name, fixed.Path = "fixed", "/static"
			tr := begin(t, append(sixteen(), fixed), load.ExampleChecks(), "127.0.0.1:"+port)
			d := beginDuplex(t, "ws://127.0.0.1:"+port+"/feed", clients)
			d.at(1)
			for v := 2; v <= saves+1; v++ {
				tr.answers(strconv.Itoa(v-1), 50)
				h.waits(v)
				save(t, filepath.Join(dir, "version.ts"), v)
				if l := h.serving(v); !l.Warm {
					t.Errorf("generation %d began cold", v)
				}
				d.at(v)
				if l := h.drained(v - 1); l.Killed {
					t.Errorf("generation %d had to be killed", v-1)
				}
			}
			if c := tr.end().Closes; c.Announced == 0 {
				t.Errorf("no answer says that its connection ends: %+v", c)
			}
			s := d.end()
			if want := uint64(clients * saves); !maps.Equal(s.Closes, map[int]uint64{1012: want}) {
				t.Errorf("closes %v, want %d by 1012", s.Closes, want)
			}
			if !s.Echoes.Whole() || !s.Pushes.Whole() {
				t.Error("a message was lost, doubled or out of order on an open connection")
			}
		})
	}
}

// The clients of WebSockets are told where there are no standbys, too.
func TestBunWithoutStandbys(t *testing.T) {
	t.Parallel()
	dir, bun := bunProgram(t)
	port := freePort(t)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--probation", brief, "--no-warm"}, command: []string{bun, "serve.ts"}})
	h.serving(1)
	d := beginDuplex(t, "ws://127.0.0.1:"+port+"/feed", 2)
	d.at(1)
	save(t, filepath.Join(dir, "version.ts"), 2)
	h.serving(2)
	d.at(2)
	h.drained(1)
	if s := d.end(); !maps.Equal(s.Closes, map[int]uint64{1012: 2}) {
		t.Errorf("closes %v, want 2 by 1012", s.Closes)
	}
}

// A program sees nothing of the adapter, cold and as a standby that was adopted, and what the
// user preloads runs.
func TestBunSeesNothing(t *testing.T) {
	t.Parallel()
	dir, bun := bunProgram(t)
	port := freePort(t)
	env, command := []string{"PORT=" + port, "BUN_OPTIONS=--smol"}, []string{bun, "-r", "./setup.ts", "facts.ts", "an argument"}
	facts := func(version int) (text string) {
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if res, err := http.Get("http://127.0.0.1:" + port); err == nil {
				b, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if res.Header.Get("version") == strconv.Itoa(version) {
					return string(b)
				}
			}
			if time.Now().After(end) {
				t.Fatalf("version %d does not answer", version)
			}
		}
	}
	stop := bare(t, dir, env, command...)
	want := facts(1)
	stop()
	if !strings.Contains(want, `"setup":"ran"`) || !strings.Contains(want, "--smol") {
		t.Fatalf("the program sees %s", want)
	}
	h := start(t, options{dir: dir, env: env, command: command})
	h.serving(1)
	h.waits(2)
	cold := facts(1)
	save(t, filepath.Join(dir, "version.ts"), 2)
	if l := h.serving(2); !l.Warm {
		t.Error("it began cold")
	}
	for how, got := range map[string]string{"cold": cold, "as a standby": facts(2)} {
		if got != want {
			t.Errorf("%s it sees %s\nwithout hotswap %s", how, got, want)
		}
	}
}
