package readiness

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// asked runs the source until it is ready, and gives the reasons until then.
func asked(t *testing.T, source handoff.Transport, r handoff.Running) []string {
	t.Helper()
	var reasons []string
	ready := false
	for _, ev := range heard(t.Context(), t, source, r) {
		switch ev := ev.(type) {
		case handoff.Unready:
			reasons = append(reasons, ev.Why)
		case handoff.Ready:
			ready = ev == (handoff.Ready{Gen: 7, By: "http"})
		}
	}
	if !ready {
		t.Fatalf("never ready: %v", reasons)
	}
	return reasons
}

// server answers with the statuses in turn, and with the last one from then on.
func server(t *testing.T, statuses ...int) (*httptest.Server, *atomic.Int32) {
	var n atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		i := min(int(n.Add(1)), len(statuses)) - 1
		if req.URL.Path != "/health" || !req.Close {
			t.Errorf("it asks for %s, keep-alive: %v", req.URL, !req.Close)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(statuses[i])
	}))
	t.Cleanup(s.Close)
	return s, &n
}

func TestHTTPDoesNotVerifyACertificate(t *testing.T) {
	s, _ := server(t, 204)
	s.StartTLS()
	u := testkit.Must(url.Parse(s.URL + "/health"))(t)
	asked(t, HTTP(u, u.String(), Plainly(u.Hostname(), netip.MustParseAddrPort(u.Host).Port()), 0), handoff.Running{})
}

// The question goes where the endpoint's dial function leads, not to the
// URL's own address; and not before the generation listens.
func TestHTTPAsksAtTheGate(t *testing.T) {
	s, _ := server(t, 302) // a redirect is an answer
	s.Start()
	u, _ := url.Parse("http://localhost:4000/health")
	e := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("0.0.0.0:4000")}
	looks := 0
	connect := AtGate("localhost", 4000, func(gen handoff.GenID) []handoff.Endpoint {
		looks++
		if looks < 3 {
			return nil
		}
		return []handoff.Endpoint{e}
	}, func(ctx context.Context, gen handoff.GenID, at handoff.Endpoint) (net.Conn, error) {
		if gen != 7 || at != e {
			t.Errorf("dials generation %d at %v", gen, at)
		}
		return net.Dial("tcp", s.Listener.Addr().String())
	})
	reasons := asked(t, HTTP(u, u.String(), connect, 0), handoff.Running{})
	if last := reasons[len(reasons)-1]; last != "it does not listen on localhost:4000" || looks != 3 {
		t.Errorf("looked %d times, last reason %q", looks, last)
	}
}

func TestReasonHasNoNumbersOfTheMoment(t *testing.T) {
	err := &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 53422},
		Err: errors.New("connection reset by peer")}
	if got := reason(err); got != "read: connection reset by peer" {
		t.Error(got)
	}
}
