//go:build linux

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// doomed makes version 2 of an example die when there is a file die.
const doomed = `
if (version === 2) setInterval(() => { if (require('node:fs').existsSync('die')) process.exit(4) }, 5)
`

// probes are requests that begin at a steady pace, whatever becomes of others.
type probes struct {
	mu   sync.Mutex
	took []probe
	wg   sync.WaitGroup
}

type probe struct {
	begun, ended time.Time
	version      int // 0: it failed
}

func (p *probes) run(url string, stop <-chan struct{}) {
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			p.wg.Wait()
			return
		case <-tick.C:
		}
		p.wg.Go(func() {
			one := probe{begun: time.Now()}
			if res, err := c.Get(url); err == nil {
				var answer struct{ Version int }
				_ = json.NewDecoder(res.Body).Decode(&answer)
				res.Body.Close()
				one.version = answer.Version
			}
			one.ended = time.Now()
			p.mu.Lock()
			defer p.mu.Unlock()
			p.took = append(p.took, one)
		})
	}
}

// answered waits until so many further probes were answered by that version.
func (p *probes) answered(t *testing.T, version, n int) {
	t.Helper()
	count := func() (seen int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, one := range p.took {
			if one.version == version {
				seen++
			}
		}
		return seen
	}
	for from, end := count(), time.Now().Add(patience); count() < from+n; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("version %d does not answer", version)
		}
	}
}

// A version that dies in its probation, under load: the one before serves again
// within milliseconds, and only what was inside the dead process is lost.
func TestCrashInProbation(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "fleet"), freePort(t)
	source := filepath.Join(dir, "node-http.js")
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	write(t, source, string(text)+doomed)
	version := filepath.Join(dir, "version.json")
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--probation", "1h"}, command: []string{"node", "node-http.js"}})
	h.serving(1)
	tr := begin(t, []load.Kind{load.FreshGET(8)}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	var p probes
	stop, probed := make(chan struct{}), make(chan struct{})
	go func() { p.run("http://127.0.0.1:"+port+"/ping", stop); close(probed) }()

	save(t, version, 2)
	h.serving(2)
	tr.answers("2", 30)
	pid := pidOf(t, port)
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	called := time.Now()
	write(t, filepath.Join(dir, "die"), "")
	ended(t, map[int]int{pid: fd})
	death := time.Now()
	back := h.wait("generation 1 serves again", func(l line) bool { return l.Event == "rolled-back" })
	if back.Gen != 2 {
		t.Errorf("rolled back from %d", back.Gen)
	}
	p.answered(t, 1, 30) // meanwhile the broken version would be started again
	if n := h.count(func(l line) bool { return l.Event == "serving" }); n != 2 {
		t.Errorf("%d generations have served: the broken version was started again", n)
	}
	save(t, version, 3)
	h.serving(3)
	tr.answers("3", 30)
	close(stop)
	<-probed
	tr.cancel()
	s := tr.c.Wait()
	t.Logf("%v", s)

	var first time.Time
	lost := 0
	for _, one := range p.took {
		if one.version == 0 {
			lost++
			if one.begun.After(death) || one.ended.Before(called) {
				t.Errorf("a probe from %v to %v after the death was lost", one.begun.Sub(death), one.ended.Sub(death))
			}
		}
		if one.version == 1 && one.ended.After(death) && (first.IsZero() || one.ended.Before(first)) {
			first = one.ended
		}
	}
	if first.IsZero() {
		t.Fatal("version 1 did not answer again")
	}
	// What the others waited is the machine's doing.
	slowest := time.Duration(0)
	for _, one := range p.took {
		if one.ended.Before(called) || one.begun.After(first) {
			slowest = max(slowest, one.ended.Sub(one.begun))
		}
	}
	t.Logf("version 1 answered %v after the death of version 2; %d of %d probes lost, the slowest of the others took %v",
		first.Sub(death).Round(100*time.Microsecond), lost, len(p.took), slowest.Round(time.Millisecond))
	if d := first.Sub(death); d > max(500*time.Millisecond, starved*slowest) {
		t.Errorf("version 1 answered again after %v", d)
	}
	if n := s.Counts[load.Refused]; n > 0 {
		t.Errorf("%d connections refused", n)
	}
	// To the load a version that is older than one seen before is an error; here
	// it is the point.
	if n := s.Failed() - s.Counts[load.Stale]; n > 8 {
		t.Errorf("%d requests failed", n)
	}
}
