package admin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Each notice that counts is counted once, and the status is read at each scrape.
func TestMetrics(t *testing.T) {
	url, m := open(t, report.Status{
		Generation: 3, Swaps: 4, FailedSwaps: 5,
		Generations: []report.GenerationStatus{{ID: 2, State: "draining", Connections: 6},
			{ID: 3, State: "serving", Connections: 7}},
	})
	for _, n := range []report.Notice{
		report.NoticeServing{Boot: time.Second, Build: 2 * time.Second},
		report.NoticeCutover{Took: time.Millisecond},
		report.NoticeDrained{Took: 4 * time.Second},
		report.NoticeCrashed{}, report.NoticeRolledBack{}, report.NoticeRolledBack{ByHand: true},
		report.NoticeBuildFailed{},
		report.NoticeDraining{}, report.NoticeFailed{},
	} {
		m.Notice(n)
	}
	_, text := ask(t, url+"/metrics")
	for _, want := range []string{
		`hotswap_swaps_total{result="served"} 4`, `hotswap_swaps_total{result="failed"} 5`,
		`hotswap_connections{generation="2",state="draining"} 6`,
		`hotswap_connections{generation="3",state="serving"} 7`,
		`hotswap_boot_seconds_sum 1`, `hotswap_ready_seconds_sum 3`, `hotswap_cutover_seconds_sum 0.001`,
		`hotswap_drain_seconds_sum 4`,
		`hotswap_boot_seconds_bucket{le="0.64"} 0`, `hotswap_boot_seconds_bucket{le="1.28"} 1`,
		`hotswap_boot_seconds_bucket{le="+Inf"} 1`,
		`hotswap_crashes_total 2`, `hotswap_rollbacks_total 2`, `hotswap_build_failures_total 1`,
		`process_start_time_seconds 1`,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "\n"); n > 150 {
		t.Errorf("%d lines", n)
	}
	(*Metrics)(nil).Notice(report.NoticeCrashed{})
}

// More scrapes at one time than the bound are refused.
func TestScrapesAtOneTime(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	s := http.NewServeMux()
	NewMetrics(func() report.Status { asked <- struct{}{}; <-answer; return report.Status{} }).Add(s, nil, nil)
	scrape := func() int {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		return w.Code
	}
	codes := make(chan int)
	for range maxScrapes {
		go func() { codes <- scrape() }()
		<-asked
	}
	go func() { codes <- scrape() }()
	select {
	case code := <-codes:
		if code != 503 {
			t.Errorf("%d", code)
		}
	case <-asked:
		t.Fatal("one scrape more than the bound asks for the status")
	}
	close(answer)
	for range maxScrapes {
		if code := <-codes; code != 200 {
			t.Errorf("%d", code)
		}
	}
}
