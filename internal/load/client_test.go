package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// exampleServer answers as the programs in examples/ do.
func exampleServer(version *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	pong := func(w http.ResponseWriter) {
		fmt.Fprintf(w, `{"pong":true,"version":%d,"pid":%d}`, version.Load(), os.Getpid())
	}
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, r *http.Request) { pong(w) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond):
		case <-r.Context().Done():
		}
		pong(w)
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"echo":%q,"version":%d,"pid":%d}`, body, version.Load(), os.Getpid())
	})
	return mux
}

// The whole crowd against a good server that changes its version and closes
// its idle connections under way: nothing fails, and all of it ends.
func TestCrowd(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	var version atomic.Int64
	version.Store(1)
	srv := httptest.NewServer(exampleServer(&version))
	addr := srv.Listener.Addr().String()
	c := New(Config{
		Targets: []string{addr},
		Kinds: []Kind{
			FreshGET(2), FreshPOST(1), KeepAliveGET(2), KeepAlivePOST(1),
			SlowFresh(1, 20*time.Millisecond), SlowKeepAlive(1, 20*time.Millisecond),
		},
		Checks: ExampleChecks(),
	})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	await := func(cond func(Snapshot) bool) {
		t.Helper()
		limit, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if err := c.Await(limit, cond); err != nil {
			t.Fatalf("%v: %v", err, c.Snapshot())
		}
	}
	await(func(s Snapshot) bool {
		for _, k := range s.Kinds {
			if k.Counts[OK] < 10 {
				return false
			}
		}
		return true
	})
	version.Store(2)
	await(func(s Snapshot) bool { return s.Version("2").Fresh > 20 && s.Version("1").Replaced })
	cancel()
	s := c.Wait()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	srv.Close()
	if s.Failed() != 0 || s.Counts[Abandoned] != 0 || s.Counts[Race] != 0 {
		t.Errorf("%v", s)
	}
	for _, k := range s.Kinds {
		slow := strings.HasPrefix(k.Name, "slow")
		if k.Latency.P50 <= 0 || k.Latency.P50 > k.Latency.P99 || k.Latency.P99 > k.Latency.Max || (!slow && k.Latency.Max > s.LongestStall) {
			t.Errorf("%s: latency %+v, stall %v", k.Name, k.Latency, s.LongestStall)
		}
		if kept := strings.Contains(k.Name, "keep"); kept && k.Dials > 2 || !kept && k.Dials != k.Requests {
			t.Errorf("%s: %d requests on %d connections", k.Name, k.Requests, k.Dials)
		}
	}
	if s.LongestGap <= 0 || s.LongestGap > s.Elapsed {
		t.Errorf("gap %v in %v", s.LongestGap, s.Elapsed)
	}
	if after := c.Snapshot(); after.Elapsed != s.Elapsed || after.Requests != s.Requests {
		t.Errorf("the book went on after the end: %v then %v", s, after)
	}
	for i := 0; runtime.NumGoroutine() > goroutines; i++ {
		if i > 10000 {
			buf := make([]byte, 1<<16)
			t.Fatalf("goroutines left:\n%s", buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

func TestBookOfTime(t *testing.T) {
	cfg := Config{Kinds: []Kind{FreshGET(1), KeepAliveGET(1), SlowFresh(1, 700*time.Millisecond)}}
	s := newStats(cfg.withDefaults(), at(0))
	ok := func(kind, done, latency int) {
		s.record(outcome{kind: kind, class: OK, dialed: at(0), done: at(done), complete: true, latency: time.Duration(latency) * time.Millisecond})
	}
	ok(0, 10, 3)
	ok(1, 20, 40)  // keep-alive: closes no gap
	ok(2, 25, 720) // slow: closes no gap; 20 ms net
	ok(0, 50, 4)
	got := s.snapshot(at(60))
	if got.LongestGap != 40*time.Millisecond || got.LongestStall != 40*time.Millisecond {
		t.Errorf("gap %v, stall %v, want 40 ms both", got.LongestGap, got.LongestStall)
	}
	if slow := got.Kinds[2].Latency.Max; slow != 20*time.Millisecond {
		t.Errorf("slow took %v net, want 20 ms", slow)
	}
	if got := s.snapshot(at(150)); got.LongestGap != 100*time.Millisecond {
		t.Errorf("the gap that is open is %v, want 100 ms", got.LongestGap)
	}
	s.left(&cfg.Kinds[0], at(160))
	s.left(&cfg.Kinds[2], at(700))
	if got := s.snapshot(at(800)); got.LongestGap != 110*time.Millisecond {
		t.Errorf("the gap at the end is %v, want 110 ms", got.LongestGap)
	}
}

func TestChecks(t *testing.T) {
	ping := func(status int, body string) Answer {
		return Answer{Method: "GET", Path: "/ping", Status: status, Body: []byte(body)}
	}
	echo := func(sent, body string) Answer {
		return Answer{Method: "POST", Path: "/echo", Sent: []byte(sent), Status: 200, Body: []byte(body)}
	}
	for _, test := range []struct {
		a       Answer
		version string
		wrong   string // in the error; "" if right
	}{
		{ping(200, `{"pong":true,"version":3,"pid":9}`), "3", ""},
		{ping(500, `{"pong":true,"version":3,"pid":9}`), "3", "status 500"},
		{ping(200, `{"pong":false,"version":3,"pid":9}`), "3", "no pong"},
		{ping(200, `{"pong":true,"version":3}`), "3", "no pid"},
		{ping(200, `{"pong":true,"pid":9}`), "", "no version"},
		{ping(200, `<html>`), "", "decode"},
		{echo("a", `{"echo":"a","version":4,"pid":9}`), "4", ""},
		{echo("a", `{"echo":"b","version":4,"pid":9}`), "4", "the echo is not"},
		{echo("", `{"version":4,"pid":9}`), "4", "the echo is not"},
	} {
		version, err := ExampleChecks().check(test.a)
		if version != test.version || (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s %s: version %q, %v; want %q, %q", test.a.Method, test.a.Body, version, err, test.version, test.wrong)
		}
	}
}
