//go:build linux

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkEnds prints how connections end: 50 WebSockets, 20 kept clients that never pause
// (a little in between without HOTSWAP_E2E_FULL=1), 5 event streams and 10 saves of each
// program of testdata/ends, beside what SIGTERM alone does. HOTSWAP_SAVES is how often each
// saves, and HOTSWAP_STREAMS how many event streams there are.
func BenchmarkEnds(b *testing.B) {
	n := endsSize{sockets: 50, streams: 5, kept: 20, fresh: 2, slow: 2, saves: 10}
	if saves, err := strconv.Atoi(os.Getenv("HOTSWAP_SAVES")); err == nil {
		n.saves = saves
	}
	if streams, err := strconv.Atoi(os.Getenv("HOTSWAP_STREAMS")); err == nil {
		n.streams = streams
	}
	hotswap := release(b)
	var table strings.Builder
	for _, p := range endsPrograms {
		b.Run(p.name, func(b *testing.B) {
			n := p.size(n)
			alone := p.alone(b, n)
			e := p.swapped(b, n, hotswap)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(e.requests.Late()), "old-answers")
			fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", p.name, e.row(), closesOf(alone), endsOf(alone))
		})
	}
	b.Logf("load: %s\n| program | WebSockets | back, median and longest | event streams | back | old answers | requests | failed | ended after, median and longest | killed | WebSockets, SIGTERM alone | event streams and end |\n"+
		"|---|---|---|---|---|--:|--:|--:|---|--:|---|---|\n%s", loadAverage(b), table.String())
}

func (e ends) row() string {
	slices.Sort(e.took)
	return fmt.Sprintf("%s | %s, %s | %s | %s, %s | %d | %d | %d | %s, %s | %d", closesOf(e),
		ms(e.sockets.Return(0.5)), ms(e.sockets.Return(1)), streamsOf(e), ms(e.streams.Return(0.5)), ms(e.streams.Return(1)),
		e.requests.Late(), e.requests.Requests, e.requests.Failed(), ms(e.took[len(e.took)/2]), ms(e.took[len(e.took)-1]), e.killed)
}

// closesOf lists close codes, such as "500 × 1012".
func closesOf(e ends) string {
	var parts []string
	for code, count := range e.sockets.Closes {
		parts = append(parts, fmt.Sprintf("%d × %d", count, code))
	}
	return listed(parts)
}

func streamsOf(e ends) string {
	var parts []string
	for how, count := range e.streams.Ends {
		parts = append(parts, fmt.Sprintf("%d × %s", count, how))
	}
	if e.streams.Split > 0 {
		parts = append(parts, fmt.Sprintf("%d in the middle of an event", e.streams.Split))
	}
	return listed(parts)
}

func endsOf(e ends) string {
	how := "by itself"
	if e.killed > 0 {
		how = "never"
	}
	return fmt.Sprintf("%s; %s, %s", streamsOf(e), how, ms(e.took[0]))
}

func listed(parts []string) string {
	if len(parts) == 0 {
		return "none"
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func ms(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
