package unserved

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A page says why nothing serves only when nothing is about to serve.
func TestFailed(t *testing.T) {
	started := []report.Life{{Gen: 1, Failed: true}}
	crashed := []report.Life{{Gen: 1, Failed: true, Served: started[0].Served.Add(1)}}
	loop := &report.CrashLoopStatus{Crashes: 5}
	for name, c := range map[string]struct {
		st   report.Status
		want bool
	}{
		"the first start":                     {report.Status{State: report.PhaseWaiting, Lives: started}, true},
		"a crash, and a change is waited for": {report.Status{State: report.PhaseWaiting, Lives: crashed}, true},
		"it starts again":                     {report.Status{State: report.PhaseStarting, Lives: started}, false},
		"a start before it starts again":      {report.Status{State: report.PhaseRestarting, Lives: started}, true},
		"a crash before it starts again":      {report.Status{State: report.PhaseRestarting, Lives: crashed}, false},
		"a crash loop":                        {report.Status{State: report.PhaseRestarting, Lives: crashed, CrashLoop: loop}, true},
		"a start in a crash loop":             {report.Status{State: report.PhaseStarting, Lives: crashed, CrashLoop: loop}, false},
		"an older version serves":             {report.Status{State: report.PhaseServing, Generation: 1}, false},
		"the end":                             {report.Status{State: report.PhaseStopping, Lives: started}, false},
	} {
		c.st.Failure = &report.FailureStatus{Generation: 1}
		if got := failed(&c.st) != nil; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if failed(&report.Status{State: report.PhaseWaiting}) != nil {
		t.Error("a program that has done its work")
	}
}

func TestNavigates(t *testing.T) {
	here := netip.MustParseAddr("192.0.2.7")
	for text, want := range map[string]bool{
		"Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document": true,
		"Accept: text/html,*/*":                             true,
		"Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: iframe":   false,
		"Sec-Fetch-Mode: cors|Accept: text/html":            false,
		"Accept: application/json":                          false,
		"":                                                  false,
		"Sec-Fetch-Mode: navigate|X-Forwarded-For: a":       false,
		"Sec-Fetch-Mode: navigate|Upgrade: websocket":       false,
		"Sec-Fetch-Mode: navigate|Content-Length: 1":        false,
		"Sec-Fetch-Mode: navigate|Host: evil.example":       false,
		"Sec-Fetch-Mode: navigate|Host: app.localhost:3000": true,
		"Sec-Fetch-Mode: navigate|Host: shop.test":          true,
		"Sec-Fetch-Mode: navigate|Host: [::1]:3000":         true,
		"Sec-Fetch-Mode: navigate|Host: 192.0.2.7:3000":     true,
		"Sec-Fetch-Mode: navigate|Host: 192.0.2.8:3000":     false,
	} {
		r := &http.Request{Method: "GET", Host: "localhost:3000", Header: http.Header{}}
		for field := range strings.SplitSeq(text, "|") {
			name, value, _ := strings.Cut(field, ": ")
			switch name {
			case "Host":
				r.Host = value
			case "Content-Length":
				r.ContentLength = 1
			default:
				r.Header.Set(name, value)
			}
		}
		if navigates(r, here) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// What the program wrote is text, whatever it is, and has no secret.
func TestAnswer(t *testing.T) {
	f := &report.FailureStatus{
		Reason: "exit 1", Files: []string{"a<b.js"}, Error: "Error: </script><script>alert(1)", Place: "a.js:1:2",
		Output: []string{"Error: </script><script>alert(1)", "password=hunter2"},
	}
	r := newReason(f)
	head, body, _ := strings.Cut(string(r.answer()), "\r\n\r\n")
	for _, part := range []string{"<h1>exit 1</h1>", "a&lt;b.js", "  at a.js:1:2", "password=***", r.id} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if strings.Contains(body, "<script>alert") || strings.Contains(body, "hunter2") || strings.Count(body, "<script") != 1 {
		t.Error(body)
	}
	if !strings.Contains(head, "\r\nContent-Security-Policy: default-src 'none'; script-src 'nonce-") || strings.Contains(head, "unsafe") {
		t.Error(head)
	}
	if again := newReason(f); again.id != r.id {
		t.Error("the same reason has two names")
	}
	f.Error = "another"
	if other := newReason(f); other.id == r.id {
		t.Error("two reasons have one name")
	}
}
