//go:build linux

package e2e

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// BenchmarkBuild: from a save of examples/go-server until the new version answers,
// built by the command and by --build, each with two generations at once and one
// after the other, in one run and in turns. One client on new connections a time
// tells how long the service stood still meanwhile.
func BenchmarkBuild(b *testing.B) {
	binary := release(b)
	type side struct {
		name, port, version string
		h                   *hotswap
		took, gaps, boots   []time.Duration
	}
	var sides []*side
	add := func(name string, args, command []string) {
		dir, version := goProject(b)
		s := &side{name: name, port: freePort(b), version: version}
		s.h = start(b, options{binary: binary, dir: dir, env: []string{"ADDR=127.0.0.1:" + s.port}, args: args, command: command})
		sides = append(sides, s)
	}
	stopFirst := []string{"--strategy", "stop-first"}
	run := []string{"go", "run", "."}
	build := []string{"--build", "go build -ldflags=-w -o tmp/server ."} // go run leaves debug information out, too
	add("go-run", nil, run)
	add("build", build, []string{"tmp/server"})
	add("build-debug", []string{"--build", "go build -o tmp/server ."}, []string{"tmp/server"})
	add("go-run-stop-first", stopFirst, run)
	add("build-stop-first", append(build, stopFirst...), []string{"tmp/server"})
	for _, s := range sides {
		answered(b, s.port, "1")
	}
	before := loadAverage(b)
	for version := 2; version <= 6; version++ {
		for _, s := range sides {
			few := load.FreshGET(1)
			few.Think = 5 * time.Millisecond // the compiler is to have the processors
			tr := begin(b, []load.Kind{few}, load.ExampleChecks(), "127.0.0.1:"+s.port)
			tr.more(20)
			saveGo(b, s.version, version)
			begun := time.Now()
			s.took = append(s.took, answered(b, s.port, strconv.Itoa(version)).Sub(begun))
			tr.answers(strconv.Itoa(version), 20)
			s.gaps = append(s.gaps, tr.end().LongestGap)
			l := s.h.serving(version)
			s.boots = append(s.boots, time.Duration(l.BootMS*1e6))
			s.h.drained(version - 1)
		}
	}
	b.ReportMetric(0, "ns/op")
	fmt.Printf("load before: %s, after: %s\n", before, loadAverage(b))
	for _, s := range sides {
		fmt.Printf("%-18s answers after %v, longest gap %v, boot %v\n", s.name, s.took, s.gaps, s.boots)
		for what, times := range map[string][]time.Duration{"answer": s.took, "gap": s.gaps, "boot": s.boots} {
			b.ReportMetric(float64(median(times).Microseconds())/1000, fmt.Sprintf("ms/%s/%s", s.name, what))
		}
	}
}
