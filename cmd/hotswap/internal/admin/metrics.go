package admin

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// maxScrapes bounds the scrapes at one time, each of which asks the kernel for connections. Others get 503.
const maxScrapes = 4

// Metrics counts what happens. Its methods may be called from any goroutine; those of a nil Metrics do nothing.
type Metrics struct {
	set                         *metrics.Set
	status                      func() report.Status
	boot, ready, cutover, drain *metrics.PrometheusHistogram
	crashes, builds, rollbacks  *metrics.Counter
	scrapes                     chan struct{}
}

// NewMetrics returns metrics of their own. A scrape asks for the status.
func NewMetrics(status func() report.Status) *Metrics {
	metrics.ExposeMetadata(true) // the types
	s := metrics.NewSet()
	seconds := metrics.ExponentialBuckets(0.01, 2, 15) // to 164 s
	m := &Metrics{
		set: s, status: status, scrapes: make(chan struct{}, maxScrapes),
		boot:      s.NewPrometheusHistogramExt("hotswap_boot_seconds", seconds),
		ready:     s.NewPrometheusHistogramExt("hotswap_ready_seconds", seconds),
		cutover:   s.NewPrometheusHistogramExt("hotswap_cutover_seconds", metrics.ExponentialBuckets(0.00001, 4, 9)), // to 0.66 s
		drain:     s.NewPrometheusHistogramExt("hotswap_drain_seconds", seconds),
		crashes:   s.NewCounter("hotswap_crashes_total"),
		builds:    s.NewCounter("hotswap_build_failures_total"),
		rollbacks: s.NewCounter("hotswap_rollbacks_total"),
	}
	s.NewGauge("process_start_time_seconds", nil).Set(float64(time.Now().Unix()))
	s.RegisterMetricsWriter(m.write)
	return m
}

// Notice counts a notice of the supervisor. It runs in the supervisor's loop.
func (m *Metrics) Notice(n report.Notice) {
	if m == nil {
		return
	}
	switch n := n.(type) {
	case report.NoticeServing:
		m.boot.Update(n.Boot.Seconds())
		m.ready.Update((n.Build + n.Boot).Seconds())
	case report.NoticeCutover:
		if n.Err == nil {
			m.cutover.Update(n.Took.Seconds())
		}
	case report.NoticeDrained:
		m.drain.Update(n.Took.Seconds())
	case report.NoticeCrashed:
		m.crashes.Inc()
	case report.NoticeRolledBack:
		m.rollbacks.Inc()
		if !n.ByHand {
			m.crashes.Inc()
		}
	case report.NoticeBuildFailed:
		m.builds.Inc()
	case report.NoticeStandby:
		m.standby("ready")
	case report.NoticeNoStandby:
		if n.Failed {
			m.standby("failed")
		}
	case report.NoticeStandbyUnused:
		m.standby("unused")
	}
}

func (m *Metrics) standby(result string) {
	m.set.GetOrCreateCounter(fmt.Sprintf("hotswap_standbys_total{result=%q}", result)).Inc()
}

// write writes what the status says.
func (m *Metrics) write(w io.Writer) {
	st := m.status()
	metrics.WriteCounterUint64(w, `hotswap_swaps_total{result="served"}`, uint64(st.Swaps))
	metrics.WriteCounterUint64(w, `hotswap_swaps_total{result="failed"}`, uint64(st.FailedSwaps))
	for _, g := range st.Generations {
		metrics.WriteGaugeUint64(w, fmt.Sprintf(`hotswap_connections{generation="%d",state=%q}`, g.ID, g.State), uint64(g.Connections))
	}
}

// ServeHTTP answers a scrape.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	select {
	case m.scrapes <- struct{}{}:
		defer func() { <-m.scrapes }()
	default:
		http.Error(w, "too many scrapes at one time", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
}
