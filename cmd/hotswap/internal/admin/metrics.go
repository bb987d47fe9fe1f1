package admin

import (
	"bytes"
	"fmt"
	"net/http"
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

// histogram counts durations, in seconds.
type histogram struct {
	bounds []float64
	counts [15]int // of durations up to each bound
	all    int
	sum    float64
}

var (
	upToMinutes = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
		163.84}
	upToASecond = []float64{0.00001, 0.00004, 0.00016, 0.00064, 0.00256, 0.01024, 0.04096, 0.16384, 0.65536}
)

func (h *histogram) observe(took time.Duration) {
	for i, bound := range h.bounds {
		if took.Seconds() <= bound {
			h.counts[i]++
		}
	}
	h.all++
	h.sum += took.Seconds()
}

// NewMetrics returns metrics of their own. A scrape asks for the status.
func NewMetrics(status func() report.Status) *Metrics {
	minutes, second := histogram{bounds: upToMinutes}, histogram{bounds: upToASecond}
	return &Metrics{status: status, started: time.Now(), boot: minutes, ready: minutes, drain: minutes, cutover: second}
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
		m.boot.observe(n.Boot)
		m.ready.observe(n.Build + n.Boot)
	case report.NoticeCutover:
		if n.Err == nil {
			m.cutover.observe(n.Took)
		}
	case report.NoticeDrained:
		m.drain.observe(n.Took)
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
	w.Write(m.text(st)) // the client may have gone
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
		{"ready", "From the first command of the build, or else the start of the generation, until it serves.",
			&m.ready},
		{"cutover", "The system calls that give new connections to another generation.", &m.cutover},
		{"drain", "From the cutover, or the end of probation, until the old generation has ended.", &m.drain},
	} {
		name := "hotswap_" + h.name + "_seconds"
		family(name, "histogram", h.help)
		for i, bound := range h.bounds {
			fmt.Fprintf(&b, "%s_bucket{le=\"%g\"} %d\n", name, bound, h.counts[i])
		}
		fmt.Fprintf(&b, "%s_bucket{le=\"+Inf\"} %d\n%[1]s_sum %[3]g\n%[1]s_count %[2]d\n", name, h.all, h.sum)
	}
	one("hotswap_crashes_total", "counter", "Generations that served and ended by themselves.", m.crashes)
	one("hotswap_build_failures_total", "counter", "Builds that failed.", m.builds)
	one("hotswap_rollbacks_total", "counter", "Cutovers back to an older generation, by hand or in probation.",
		m.rollbacks)
	one("process_start_time_seconds", "gauge", "When hotswap started, since the epoch.", m.started.Unix())
	family("hotswap_swaps_total", "counter", "Swaps by result. "+
		"failed: a build or a generation failed, the latter before it was ready or in its probation.")
	fmt.Fprintf(&b, "hotswap_swaps_total{result=\"served\"} %d\nhotswap_swaps_total{result=\"failed\"} %d\n",
		st.Swaps, st.FailedSwaps)
	one("hotswap_asleep", "gauge", "1 while the program sleeps (--idle), 0 otherwise.",
		map[bool]int{true: 1}[st.State == report.PhaseAsleep])
	family("hotswap_connections", "gauge", "Accepted TCP connections of each generation that may be alive.")
	for _, g := range st.Generations {
		fmt.Fprintf(&b, "hotswap_connections{generation=\"%d\",state=%q} %d\n", g.ID, g.State, g.Connections)
	}
	return b.Bytes()
}
