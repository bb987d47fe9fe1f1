package watch

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// BenchmarkStart measures the start on 10,000 files in 500 folders: how long
// New takes, until everything is watched and read, and what it costs.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	content := string(make([]byte, 4000))
	for i := range 10_000 {
		write(b, content, dir, fmt.Sprint("d", i%20), fmt.Sprint("e", i%500), fmt.Sprint(i, ".ts"))
	}
	var inNew, ready, used time.Duration
	for b.Loop() {
		before, begun := processor(b), time.Now()
		w, err := New(Config{Rules: rules.Config{Root: dir, Kind: rules.Node}, Since: time.Now().Add(time.Hour)})
		must(b, err)
		inNew += time.Since(begun)
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		<-w.Ready()
		ready += time.Since(begun)
		used += processor(b) - before
		cancel()
		must(b, <-ended)
	}
	report := func(d time.Duration, unit string) {
		b.ReportMetric(float64(d.Microseconds())/1000/float64(b.N), unit)
	}
	report(inNew, "ms-in-New")
	report(ready, "ms-until-ready")
	report(used, "ms-of-processor")
}

// BenchmarkIdle counts how often the process goes to sleep, and so was woken
// up, per second in which nothing happens: with a watcher, and without, which
// is what the runtime and the benchmark itself cost.
func BenchmarkIdle(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		write(b, "x", dir, fmt.Sprint("d", i%50), fmt.Sprint(i, ".ts"))
	}
	idle := func(b *testing.B) {
		time.Sleep(time.Second) // the runtime's own background work comes to rest
		var before, after syscall.Rusage
		var slept time.Duration
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &before))
		for b.Loop() {
			time.Sleep(time.Second)
			slept += time.Second
		}
		must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &after))
		b.ReportMetric(float64(after.Nvcsw-before.Nvcsw)/slept.Seconds(), "wakeups/s")
	}
	b.Run("without", idle)
	b.Run("watching", func(b *testing.B) {
		run(b, dir, nil)
		idle(b)
	})
}

// processor is the processor time used by the process so far.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
