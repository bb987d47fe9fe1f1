package admin

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// open returns a server at a free port with metrics of that status.
func open(t *testing.T, st report.Status) (*Server, *Metrics) {
	t.Helper()
	at := testkit.Must(handoff.ParseEndpoint("127.0.0.1:1"))(t)
	at.Addr = netip.AddrPortFrom(at.Addr.Addr(), 0)
	s := testkit.Must(Open(at, 0))(t)
	m := NewMetrics(func() report.Status { return st })
	m.Add(s, func() report.Status { return st }, func() bool { return st.PID == 1 })
	t.Cleanup(func() { s.Close(time.Second) })
	return s, m
}

// ask returns the status code and body of an answer.
func ask(t *testing.T, url string) (int, string) {
	t.Helper()
	req := testkit.Must(http.NewRequestWithContext(t.Context(), "GET", url, nil))(t)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) { // the answer was lost, since not all of a long request was read
		return http.StatusRequestHeaderFieldsTooLarge, ""
	}
	testkit.NoError(t, err)
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body) // that of a refusal may be lost, too
	return res.StatusCode, string(b)
}

func TestReady(t *testing.T) {
	for want, st := range map[string]report.Status{
		"200 generation 3 serves\n":                                             {State: report.PhaseServing, Generation: 3},
		"200 asleep: the next client starts the program\n":                      {State: report.PhaseAsleep},
		"503 starting\n":                                                        {State: report.PhaseStarting},
		"200 another hotswap has taken over\n":                                  {State: report.PhaseStopping, PID: 1},
		"503 stopping\n":                                                        {State: report.PhaseStopping, Generation: 3},
		"503 the program runs, and has not listened\n":                          {State: report.PhaseRunning},
		"503 waiting: generation 2 failed (see hotswap status)\n":               {State: report.PhaseWaiting, Failure: &report.FailureStatus{Generation: 2, Reason: "secret"}},
		"503 waiting: a command before the start failed (see hotswap status)\n": {State: report.PhaseWaiting, Failure: &report.FailureStatus{Reason: "build failed: make TOKEN=secret"}},
	} {
		s, m := open(t, st)
		m.status = nil // it counts
		s.Serve()
		code, body := ask(t, s.URL()+"/readyz")
		if got := fmt.Sprintf("%d %s", code, body); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if code, body := ask(t, s.URL()+"/healthz"); code != 200 || body != "hotswap lives\n" {
			t.Errorf("%d %q", code, body)
		}
	}
}

// The head of a request is bounded.
func TestLongRequest(t *testing.T) {
	s, _ := open(t, report.Status{})
	s.Serve()
	if code, _ := ask(t, s.URL()+"/healthz?"+strings.Repeat("x", 2*maxHeader)); code != 431 {
		t.Errorf("%d", code)
	}
}

// Clients that send only the beginning of a request keep nobody out: those that have been silent for the longest time are
// closed.
func TestTooManyConnections(t *testing.T) {
	s, _ := open(t, report.Status{})
	s.Serve()
	var all []net.Conn
	for range maxConnections {
		c := testkit.Dial(t, s.Addr().String())
		_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHo")
		all = append(all, c)
	}
	for i := range 3 {
		if code, body := ask(t, s.URL()+"/healthz"); code != 200 || !strings.Contains(body, "hotswap lives") {
			t.Errorf("request %d: %d, %q", i, code, body)
		}
	}
	if b, err := io.ReadAll(all[0]); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the oldest connection: %q, %v", b, err)
	}
}
