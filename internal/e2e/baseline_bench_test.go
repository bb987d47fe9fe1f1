//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkBaseline compares this hotswap with another build of it, whose path is in
// HOTSWAP_BASELINE: both do the same work in turns, in one run, so that the machine's own
// drift meets both. Each figure is this build's median divided by the other's. The unit
// "x-…" is better when it is smaller.
func BenchmarkBaseline(b *testing.B) {
	baseline := os.Getenv("HOTSWAP_BASELINE")
	if baseline == "" {
		b.Skip("HOTSWAP_BASELINE: give the path of another build of hotswap")
	}
	builds := [2]string{release(b), baseline}
	rounds := 20
	if n, err := strconv.Atoi(os.Getenv("HOTSWAP_SAVES")); err == nil {
		rounds = n
	}
	for _, example := range []string{"hono-cdc", "large"} {
		for _, how := range []string{"--no-warm=false", "--no-warm"} {
			name := example + "-warm"
			if how == "--no-warm" {
				name = example + "-cold"
			}
			b.Run("save-"+name, func(b *testing.B) { compareSaves(b, builds, example, how, rounds) })
		}
	}
	b.Run("start", func(b *testing.B) { compareStarts(b, builds, 2*rounds) })
	b.Run("throughput", func(b *testing.B) { compareThroughput(b, builds, rounds) })
	b.Run("memory", func(b *testing.B) { compareMemory(b, builds) })
}

func reportRatio(b *testing.B, unit string, took [2][]time.Duration) {
	b.Helper()
	ours, theirs := median(took[0]), median(took[1])
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ours.Microseconds())/1000, "ms/"+unit)
	b.ReportMetric(float64(theirs.Microseconds())/1000, "ms/baseline")
	b.ReportMetric(float64(ours)/float64(theirs), "x-"+unit)
	// Drift is slow compared with a round, so the ratio within a round is steadier.
	var ratios []float64
	for i := range took[0] {
		ratios = append(ratios, float64(took[0][i])/float64(took[1][i]))
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-per-round")
}

// turns calls do for both builds, and the other one first in every second round.
func turns(rounds int, do func(build int)) {
	for i := range rounds {
		do(i % 2)
		do(1 - i%2)
	}
}

// compareSaves measures from a save until the new version answers.
func compareSaves(b *testing.B, builds [2]string, example, how string, saves int) {
	var watchers [2]*watcher
	for i, binary := range builds {
		w := &watcher{dir: project(b, example), port: freePort(b)}
		h := start(b, options{binary: binary, dir: w.dir, args: []string{how}, env: []string{"PORT=" + w.port}, command: []string{"npm", "run", "dev"}})
		h.serving(1)
		w.settled = func(version int) {
			if version > 1 {
				h.drained(version - 1)
			}
			warm := how != "--no-warm"
			if l := h.serving(version); l.Standby != (warm && version > 1) {
				b.Errorf("build %d: generation %d began warm: %v", i, version, l.Standby)
			}
			if warm {
				h.waits(version + 1)
			}
		}
		answered(b, w.port, "1")
		w.settled(1)
		watchers[i] = w
	}
	b.Logf("load before: %s", loadAverage(b))
	versions := [2]int{1, 1}
	turns(saves, func(i int) {
		w := watchers[i]
		versions[i]++
		begun := time.Now()
		text := "export const version = " + strconv.Itoa(versions[i]) + " // " + strconv.FormatInt(begun.UnixNano(), 10) + "\n"
		if err := os.WriteFile(filepath.Join(w.dir, "src", "version.ts"), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
		w.took = append(w.took, answered(b, w.port, strconv.Itoa(versions[i])).Sub(begun))
		w.settled(versions[i])
	})
	b.Logf("load after: %s", loadAverage(b))
	reportRatio(b, "save", [2][]time.Duration{watchers[0].took, watchers[1].took})
}

// compareStarts measures from the start of hotswap until the program listens.
func compareStarts(b *testing.B, builds [2]string, rounds int) {
	dir, port := b.TempDir(), freePort(b)
	var took [2][]time.Duration
	turns(rounds, func(i int) {
		begun := time.Now()
		h := start(b, options{binary: builds[i], dir: dir, args: []string{"--no-watch"}, env: []string{"ADDR=127.0.0.1:" + port}, command: []string{goServer(b, 1)}})
		h.serving(1)
		took[i] = append(took[i], time.Since(begun))
		h.signal(syscall.SIGTERM)
		h.exit()
	})
	reportRatio(b, "start", took)
}

// compareThroughput measures how long a fixed number of small requests takes.
func compareThroughput(b *testing.B, builds [2]string, rounds int) {
	dir := b.TempDir()
	var ports [2]string
	for i, binary := range builds {
		ports[i] = freePort(b)
		h := start(b, options{binary: binary, dir: dir, args: []string{"--no-watch"}, env: []string{"ADDR=127.0.0.1:" + ports[i]}, command: []string{goServer(b, 1)}})
		h.serving(1)
	}
	var took [2][]time.Duration // of a million requests
	turns(rounds, func(i int) {
		took[i] = append(took[i], time.Duration(1e6/hammer(b, ports[i], time.Second)*float64(time.Second)))
	})
	reportRatio(b, "million-requests", took)
}

// compareMemory reports the memory of hotswap and of a keeper while nothing happens.
func compareMemory(b *testing.B, builds [2]string) {
	dir := b.TempDir()
	b.ReportMetric(0, "ns/op")
	for i, binary := range builds {
		port := freePort(b)
		h := start(b, options{binary: binary, dir: dir, args: []string{"--no-watch"}, env: []string{"ADDR=127.0.0.1:" + port}, command: []string{goServer(b, 1)}})
		h.serving(1)
		keeper := 0
		if out, err := exec.Command("pgrep", "-P", strconv.Itoa(h.pid())).Output(); err == nil {
			keeper, _ = strconv.Atoi(strings.TrimSpace(string(out)))
		}
		time.Sleep(3 * time.Second) // what is measured is how little it needs at rest
		name := [2]string{"", "-baseline"}[i]
		b.ReportMetric(float64(usageOf(b, h.pid()).rss)/1024, "MiB"+name)
		b.ReportMetric(float64(usageOf(b, keeper).rss)/1024, "keeper-MiB"+name)
	}
}
