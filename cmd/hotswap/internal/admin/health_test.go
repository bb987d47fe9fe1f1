package admin

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// open returns a server with metrics of that status.
func open(t *testing.T, st report.Status) (url string, m *Metrics) {
	t.Helper()
	mux := http.NewServeMux()
	m = NewMetrics(func() report.Status { return st })
	m.Add(mux, func() report.Status { return st }, func() bool { return st.PID == 1 })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, m
}

// ask returns the status code and body of an answer.
func ask(t *testing.T, url string) (int, string) {
	t.Helper()
	res := testkit.Must(http.Get(url))(t)
	defer res.Body.Close()
	b := testkit.Must(io.ReadAll(res.Body))(t)
	return res.StatusCode, string(b)
}

func TestReady(t *testing.T) {
	for want, st := range map[string]report.Status{
		"200 generation 3 serves\n": {State: report.PhaseServing,
			Generation: 3},
		"200 asleep: the next client starts the program\n": {State: report.PhaseAsleep},
		"503 starting\n":                       {State: report.PhaseStarting},
		"200 another hotswap has taken over\n": {State: report.PhaseStopping, PID: 1},
		"503 stopping\n": {State: report.PhaseStopping,
			Generation: 3},
		"503 the program runs, and has not listened\n": {State: report.PhaseRunning},
		"503 waiting: generation 2 failed (see hotswap status)\n": {State: report.PhaseWaiting,
			Failure: &report.FailureStatus{Generation: 2, PostMortem: report.PostMortem{Reason: "secret"}}},
		"503 waiting: a command before the start failed (see hotswap status)\n": {State: report.PhaseWaiting,
			Failure: &report.FailureStatus{PostMortem: report.PostMortem{Reason: "build failed: make TOKEN=secret"}}},
	} {
		url, m := open(t, st)
		m.status = nil // it counts
		code, body := ask(t, url+"/readyz")
		if got := fmt.Sprintf("%d %s", code, body); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if code, body := ask(t, url+"/healthz"); code != 200 || body != "hotswap lives\n" {
			t.Errorf("%d %q", code, body)
		}
	}
}
