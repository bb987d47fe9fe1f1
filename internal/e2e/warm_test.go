//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// ping asks for the version that serves, on a connection of its own.
func ping(port string) string {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
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
	dir, port := project(t, "hono-cdc"), freePort(t)
	source := filepath.Join(dir, "src", "version.ts")
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--warm"}, command: []string{"npm", "run", "dev"}})
	h.serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 100)
	var boots []float64
	last := 6
	if full() {
		last = 21
	}
	for v := 2; v <= last; v++ {
		h.waits(v)
		save(t, source, v)
		l := h.serving(v)
		if !l.Warm {
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

	t.Logf("boots under load: %.0f ms", boots)
}

// waits returns when the standby of a generation does.
func (h *hotswap) waits(gen int) {
	h.t.Helper()
	h.wait(fmt.Sprintf("the standby of generation %d", gen), func(l line) bool { return l.Event == "standby" && l.Gen == gen })
}

// The time from a save to the first answer of what was saved, in one run.
func TestWarmIsFasterThanCold(t *testing.T) {
	const saves = 5
	median := map[string]time.Duration{}
	for _, how := range []string{"--no-warm", "--warm"} {
		dir, port := project(t, "hono-cdc"), freePort(t)
		h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{how}, command: []string{"npm", "run", "dev"}})
		h.serving(1)
		var took []time.Duration
		for v := 2; v < 2+saves; v++ {
			if how == "--warm" {
				h.waits(v)
			}
			save(t, filepath.Join(dir, "src", "version.ts"), v)
			begin := time.Now()
			for !strings.Contains(ping(port), `"version":`+strconv.Itoa(v)) {
				if time.Since(begin) > patience {
					t.Fatalf("version %d does not answer\n%s", v, h.log())
				}
			}
			took = append(took, time.Since(begin))
			h.serving(v)
		}
		h.signal(os.Interrupt)
		slices.Sort(took)
		median[how] = took[len(took)/2]
		t.Logf("%s: %v, median %v", how, took, median[how])
	}
	if warm, cold := median["--warm"], median["--no-warm"]; warm > cold/2 {
		t.Errorf("warm %v, cold %v", warm, cold)
	}
}
