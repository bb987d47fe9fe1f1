package admin

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// maxScrapes bounds the scrapes at one time, each of which asks the kernel for connections. Others get 503.
const maxScrapes = 4

// Metrics counts what happens. Its methods may be called from any goroutine; those of a nil Metrics do nothing.
//
// It writes the text format of Prometheus by itself: client_golang makes each process of hotswap, keepers too, 1.6 MiB
// larger, and the library of VictoriaMetrics writes to standard error where it cannot read a cgroup.
type Metrics struct {
	status  func() report.Status
	started time.Time

	mu                          sync.Mutex // guards what follows
	boot, ready, cutover, drain histogram
	crashes, builds, rollbacks  int
}

// histogram counts values in buckets, each twice or four times as wide as the last.
type histogram struct {
	bounds []float64
	counts []int // of values up to each bound, and above the last
	sum    float64
}

func newHistogram(first, factor float64, buckets int) histogram {
	h := histogram{counts: make([]int, buckets+1)}
	for range buckets {
		h.bounds = append(h.bounds, first)
		first *= factor
	}
	return h
}

func (h *histogram) observe(value float64) {
	i, _ := slices.BinarySearch(h.bounds, value)
	h.counts[i]++
	h.sum += value
}

// NewMetrics returns metrics of their own. A scrape asks for the status.
func NewMetrics(status func() report.Status) *Metrics {
	seconds := func() histogram { return newHistogram(0.01, 2, 15) } // to 164 s
	return &Metrics{
		status: status, started: time.Now(),
		boot: seconds(), ready: seconds(), drain: seconds(), cutover: newHistogram(0.00001, 4, 9), // to 0.66 s
	}
}

// Notice counts a notice of the supervisor. It runs in the supervisor's loop.
func (m *Metrics) Notice(n report.Notice) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch n := n.(type) {
	case report.NoticeServing:
		m.boot.observe(n.Boot.Seconds())
		m.ready.observe((n.Build + n.Boot).Seconds())
	case report.NoticeCutover:
		if n.Err == nil {
			m.cutover.observe(n.Took.Seconds())
		}
	case report.NoticeDrained:
		m.drain.observe(n.Took.Seconds())
	case report.NoticeCrashed:
		m.crashes++
	case report.NoticeRolledBack:
		m.rollbacks++
		if !n.ByHand {
			m.crashes++
		}
	case report.NoticeBuildFailed:
		m.builds++
	}
}

func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	st := m.status()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(m.text(st)) // the client may have gone
}

func (m *Metrics) text(st report.Status) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b bytes.Buffer
	family := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", name, help, kind) }
	one := func(name, kind, help string, value any) {
		family(name, kind, help)
		fmt.Fprintf(&b, "%s %v\n", name, value)
	}
	for _, h := range []struct {
		name, help string
		*histogram
	}{
		{"boot", "From the start of a generation until it serves.", &m.boot},
		{"ready", "From the first command of the build, or else the start of the generation, until it serves.", &m.ready},
		{"cutover", "The system calls that give new connections to another generation.", &m.cutover},
		{"drain", "From the cutover, or the end of probation, until the old generation has ended.", &m.drain},
	} {
		name, n := "hotswap_"+h.name+"_seconds", 0
		family(name, "histogram", h.help)
		for i, bound := range h.bounds {
			n += h.counts[i]
			fmt.Fprintf(&b, "%s_bucket{le=\"%g\"} %d\n", name, bound, n)
		}
		n += h.counts[len(h.bounds)]
		fmt.Fprintf(&b, "%s_bucket{le=\"+Inf\"} %d\n%[1]s_sum %[3]g\n%[1]s_count %[2]d\n", name, n, h.sum)
	}
	one("hotswap_crashes_total", "counter", "Generations that served and ended by themselves.", m.crashes)
	one("hotswap_build_failures_total", "counter", "Builds that failed.", m.builds)
	one("hotswap_rollbacks_total", "counter", "Cutovers back to an older generation, by hand or in probation.", m.rollbacks)
	one("process_start_time_seconds", "gauge", "When hotswap started, since the epoch.", m.started.Unix())
	family("hotswap_swaps_total", "counter", "Swaps by result. failed: a build or a generation failed, the latter before it was ready or in its probation.")
	fmt.Fprintf(&b, "hotswap_swaps_total{result=\"served\"} %d\nhotswap_swaps_total{result=\"failed\"} %d\n", st.Swaps, st.FailedSwaps)
	one("hotswap_asleep", "gauge", "1 while the program sleeps (--idle), 0 otherwise.", map[bool]int{true: 1}[st.State == report.PhaseAsleep])
	family("hotswap_connections", "gauge", "Accepted TCP connections of each generation that may be alive.")
	for _, g := range st.Generations {
		fmt.Fprintf(&b, "hotswap_connections{generation=\"%d\",state=%q} %d\n", g.ID, g.State, g.Connections)
	}
	return b.Bytes()
}
