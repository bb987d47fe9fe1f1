//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// 1,500 files rewritten in bursts 150 ms apart are one change; 500 touched
// ones are none. Nothing loads the files, so --watch has them count.
func TestSaveStormIsOneSwap(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	src := filepath.Join(dir, "src", "generated")
	write(t, filepath.Join(dir, "server.js"), echoNode)
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	if err := os.MkdirAll(src, 0o755); err != nil {
		t.Fatal(err)
	}
	name := func(i int) string { return filepath.Join(src, fmt.Sprintf("type%d.ts", i)) }
	for i := range 1500 {
		if err := os.WriteFile(name(i), fmt.Appendf(nil, "export type T%d = 1\n", i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	h := start(t, options{dir: dir, args: []string{"--watch", "src/generated"}, env: []string{"PORT=" + port}, command: []string{"node", "server.js"}})
	h.Serving(1)
	tr := begin(t, []load.Kind{load.FreshGET(4), load.KeepAliveGET(4)}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)

	// The bursts' pace is what is tested here, so it is kept by a ticker.
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	begun, last, pause := time.Now(), time.Now(), time.Duration(0)
	for burst := range 5 {
		for i := burst * 300; i < (burst+1)*300; i++ {
			if err := os.WriteFile(name(i), fmt.Appendf(nil, "export type T%d = 2\n", i), 0o644); err != nil {
				t.Fatal(err)
			}
			pause, last = max(pause, time.Since(last)), time.Now()
		}
		if burst < 4 {
			<-tick.C
		}
	}
	storm, named := last.Sub(begun), map[string]bool{}
	stormed := h.Wait("all files are served", func(l line) bool {
		if l.Event != "serving" {
			return false
		}
		for _, file := range l.Files {
			named[file] = true
		}
		return len(named) >= 1500
	}).Gen
	// Half a second of quiet, or two seconds, end a storm: a busy machine may need as long for it.
	if stormed > 2 && pause < 300*time.Millisecond && storm < time.Second {
		t.Errorf("a storm of %v without a pause of more than %v is %d swaps", storm, pause, stormed-1)
	}
	h.Drained(1)

	now := time.Now()
	for i := range 500 {
		if err := os.Chtimes(name(i), now, now); err != nil {
			t.Fatal(err)
		}
	}
	// A sentinel after them: the next swap must be for it alone.
	save(t, filepath.Join(dir, "version.json"), 2)
	if l := h.Serving(stormed + 1); len(l.Files) != 1 || l.Files[0] != "version.json" {
		t.Errorf("the swap after 500 touched files is for %v", l.Files)
	}
	tr.answers("2", 20)
	tr.end()
	if n := h.Count(func(l line) bool { return l.Event == "serving" }); n != stormed+1 {
		t.Errorf("%d generations served, want %d", n, stormed+1)
	}
}
