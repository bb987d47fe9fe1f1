package admin

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// maxScrapes bounds the scrapes at one time, each of which asks the kernel for connections. Others get 503.
const maxScrapes = 4

// Metrics counts what happens. Its methods may be called from any goroutine; those of a nil Metrics do nothing.
type Metrics struct {
	registry                    *prometheus.Registry
	status                      func() report.Status
	boot, ready, cutover, drain prometheus.Histogram
	crashes, builds, rollbacks  prometheus.Counter
	standbys                    *prometheus.CounterVec
}

// Constant descriptions of what a scrape reads from the status.
var (
	swaps = prometheus.NewDesc("hotswap_swaps_total",
		"Swaps by result. failed: a build or a generation failed, the latter before it was ready or in its probation.", []string{"result"}, nil)
	connections = prometheus.NewDesc("hotswap_connections",
		"Accepted TCP connections of each generation that may be alive.", []string{"generation", "state"}, nil)
)

// NewMetrics returns metrics with a registry of their own. A scrape asks for the status.
func NewMetrics(status func() report.Status) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), status: status}
	seconds := prometheus.ExponentialBuckets(0.01, 2, 15)   // to 164 s
	cutover := prometheus.ExponentialBuckets(0.00001, 4, 9) // to 0.66 s
	add := promauto.With(m.registry)
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return add.NewHistogram(prometheus.HistogramOpts{Name: "hotswap_" + name + "_seconds", Help: help, Buckets: buckets})
	}
	counter := func(name, help string) prometheus.Counter {
		return add.NewCounter(prometheus.CounterOpts{Name: "hotswap_" + name + "_total", Help: help})
	}
	m.boot = histogram("boot", "From the start of a generation until it serves.", seconds)
	m.ready = histogram("ready", "From the first command of the build, or else the start of the generation, until it serves.", seconds)
	m.cutover = histogram("cutover", "The system calls that give new connections to another generation.", cutover)
	m.drain = histogram("drain", "From the cutover, or the end of probation, until the old generation has ended.", seconds)
	m.crashes = counter("crashes", "Generations that served and ended by themselves.")
	m.builds = counter("build_failures", "Builds that failed.")
	m.rollbacks = counter("rollbacks", "Cutovers back to an older generation, by hand or in probation.")
	m.standbys = add.NewCounterVec(prometheus.CounterOpts{Name: "hotswap_standbys_total",
		Help: "Standbys by result. ready: it waited; failed: it ended before; unused: its generation started cold."}, []string{"result"})
	add.NewGauge(prometheus.GaugeOpts{Name: "process_start_time_seconds", Help: "When hotswap started, since the epoch."}).SetToCurrentTime()
	m.registry.MustRegister(m)
	return m
}

// Notice counts a notice of the supervisor. It runs in the supervisor's loop.
func (m *Metrics) Notice(n report.Notice) {
	if m == nil {
		return
	}
	switch n := n.(type) {
	case report.NoticeServing:
		m.boot.Observe(n.Boot.Seconds())
		m.ready.Observe((n.Build + n.Boot).Seconds())
	case report.NoticeCutover:
		if n.Err == nil {
			m.cutover.Observe(n.Took.Seconds())
		}
	case report.NoticeDrained:
		m.drain.Observe(n.Took.Seconds())
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
		m.standbys.WithLabelValues("ready").Inc()
	case report.NoticeNoStandby:
		if n.Failed {
			m.standbys.WithLabelValues("failed").Inc()
		}
	case report.NoticeStandbyUnused:
		m.standbys.WithLabelValues("unused").Inc()
	}
}

// Describe implements prometheus.Collector. The generations are not known before.
func (m *Metrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector with what the status says.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	st := m.status()
	for result, n := range map[string]int{"served": st.Swaps, "failed": st.FailedSwaps} {
		out <- prometheus.MustNewConstMetric(swaps, prometheus.CounterValue, float64(n), result)
	}
	for _, g := range st.Generations {
		out <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(g.Connections), strconv.Itoa(int(g.ID)), g.State)
	}
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}
