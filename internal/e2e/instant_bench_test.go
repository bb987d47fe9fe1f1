//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// BenchmarkSaveToAnswer: from a save until the new version answers, under hotswap
// with and without a standby and under what one would use instead, in one run: each
// saves in turn, when all are calm. Only hotswap is asked meanwhile, for only there
// nobody would be refused. HOTSWAP_SAVES is how often each saves.
func BenchmarkSaveToAnswer(b *testing.B) {
	for _, example := range []string{"hono-cdc", "large"} {
		b.Run(example, func(b *testing.B) { saveToAnswer(b, example) })
	}
}

// watcher is what runs a program anew, or reloads it, on a save.
type watcher struct {
	name    string
	dir     string
	port    string
	settled func(version int)
	took    []time.Duration
}

func saveToAnswer(b *testing.B, example string) {
	saves := 20
	if n, err := strconv.Atoi(os.Getenv("HOTSWAP_SAVES")); err == nil {
		saves = n
	}
	hotswap := release(b)
	install(b, filepath.Join(root, "examples/fleet"))
	bun := fleetBun()

	var watchers []*watcher
	var traffics []*traffic
	supervised := func(how string) *watcher {
		w := &watcher{name: strings.TrimLeft(strings.Replace(how, "--no-warm", "cold", 1), "-"), dir: project(b, example), port: freePort(b)}
		h := start(b, options{binary: hotswap, dir: w.dir, args: []string{how}, env: []string{"PORT=" + w.port}, command: []string{"npm", "run", "dev"}})
		h.serving(1)
		w.settled = func(version int) {
			if version > 1 {
				h.drained(version - 1)
			}
			if l := h.serving(version); l.Standby != (how == "--no-warm=false" && version > 1) {
				b.Errorf("%s: generation %d began warm: %v", how, version, l.Standby)
			}
			if how == "--no-warm=false" {
				h.waits(version + 1)
			}
		}
		watchers = append(watchers, w)
		return w
	}
	plain := func(name string, command ...string) {
		w := &watcher{name: name, dir: project(b, example), port: freePort(b), settled: func(int) {}}
		b.Cleanup(bare(b, w.dir, []string{"PORT=" + w.port, "NODE_ENV=development"}, command...))
		watchers = append(watchers, w)
	}
	warm := supervised("--no-warm=false")
	supervised("--no-warm")
	plain("tsx-watch", "node_modules/.bin/tsx", "watch", "src/index.ts")
	plain("node-watch", "node", "--watch", "--import", "tsx", "src/index.ts")
	plain("bun-hot", bun, "--hot", "src/index.ts")
	for _, w := range watchers {
		answered(b, w.port, "1")
		w.settled(1)
	}
	for _, w := range watchers[:2] {
		few := load.KeepAliveGET(2)
		few.Think = 50 * time.Millisecond
		single := load.FreshGET(1)
		single.Think = 50 * time.Millisecond
		traffics = append(traffics, begin(b, []load.Kind{few, single}, load.ExampleChecks(), "127.0.0.1:"+w.port))
	}
	b.Logf("load before: %s", loadAverage(b))
	for version := 2; version <= saves+1; version++ {
		for _, w := range watchers {
			begun := time.Now()
			// In place: node --watch (20) sees one renaming over a file, and nothing of
			// that file any more. The text is new, or loaders would have it in their
			// caches from another run.
			text := fmt.Appendf(nil, "export const version = %d // %d\n", version, begun.UnixNano())
			if err := os.WriteFile(filepath.Join(w.dir, "src", "version.ts"), text, 0o644); err != nil {
				b.Fatal(err)
			}
			w.took = append(w.took, answered(b, w.port, strconv.Itoa(version)).Sub(begun))
			w.settled(version)
		}
	}
	b.Logf("load after: %s", loadAverage(b))
	for _, tr := range traffics {
		tr.end()
	}

	b.ReportMetric(0, "ns/op")
	medians := map[string]time.Duration{}
	for _, w := range watchers {
		b.Logf("%-10s %v", w.name, w.took)
		medians[w.name] = median(w.took)
		b.ReportMetric(float64(medians[w.name].Microseconds())/1000, "ms/"+w.name)
	}
	for _, w := range watchers[1:] {
		b.ReportMetric(float64(medians[warm.name])/float64(medians[w.name]), "warm-of-"+w.name)
	}
	idleStandby(b, saves+2)
}

// idleStandby reports what the waiting standby of a generation costs.
func idleStandby(b *testing.B, gen int) {
	pids := standbyOf(b, gen)
	if len(pids) == 0 {
		b.Fatalf("no process of generation %d", gen)
	}
	sum := func() (u usage, pss int) {
		for _, pid := range pids {
			one := usageOf(b, pid)
			u.ticks += one.ticks
			u.switches += one.switches
			u.rss += one.rss
			pss += proportional(b, pid)
		}
		return u, pss
	}
	time.Sleep(3 * time.Second) // what has been loaded is still compiled and collected
	before, _ := sum()
	time.Sleep(10 * time.Second) // how little happens in a while is what is measured
	after, pss := sum()
	b.ReportMetric(float64(len(pids)), "standby-processes")
	b.ReportMetric(float64(after.rss)/1024, "standby-MiB-RSS")
	b.ReportMetric(float64(pss)/1024, "standby-MiB-PSS")
	b.ReportMetric(float64(after.ticks-before.ticks), "standby-ticks/10s")
	b.ReportMetric(float64(after.switches-before.switches)/10, "standby-wakeups/s")
}

// standbyOf are the processes that were started ahead as that generation, and those
// below them.
func standbyOf(t testing.TB, gen int) (pids []int) {
	found, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		env, _ := os.ReadFile(path) // it may have gone
		text := "\x00" + string(env)
		if strings.Contains(text, fmt.Sprintf("\x00HOTSWAP_GENERATION=%d\x00", gen)) && strings.Contains(text, "\x00HOTSWAP_HOLD="+os.TempDir()) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(append(pids, pid), proc.Descendants(pid)...)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

// proportional is a process's share of the memory, in KiB: proc_pid_smaps(5).
func proportional(b *testing.B, pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		b.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, "Pss:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

func loadAverage(b *testing.B) string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
