package unserved

import (
	"bufio"
	"net/http"
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
	for text, want := range map[string]bool{
		"Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document": true,
		"Accept: text/html,*/*":                             true,
		"Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: iframe":   false,
		"Sec-Fetch-Mode: cors|Accept: text/html":            false,
		"Accept: application/json":                          false,
		"":                                                  false,
	} {
		r := request("GET / HTTP/1.1|Host: localhost|" + text)
		if navigates(r) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func request(text string) *http.Request {
	text = strings.TrimSuffix(text, "|") + "||"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(text, "|", "\r\n"))))
	if err != nil {
		panic(err)
	}
	return r
}

// Only the token counts, and a cookie of another port is another hotswap's.
func TestPermits(t *testing.T) {
	for text, want := range map[string]bool{
		"GET /?hotswap-token=T&a=1 HTTP/1.1":                                true,
		"GET / HTTP/1.1|Cookie: a=b; hotswap-token-3000=T":                  true,
		"GET / HTTP/1.1|Cookie: hotswap-token-3000=x; hotswap-token-3000=T": true,
		"GET / HTTP/1.1|Cookie: hotswap-token-3001=T":                       false,
		"GET /?hotswap-token=t HTTP/1.1|Cookie: hotswap-token-3000=":        false,
		"GET /?hotswap-token= HTTP/1.1":                                     false,
		"GET / HTTP/1.1|Sec-Fetch-Mode: navigate":                           false,
	} {
		if permits(request(text), 3000, "T") != want {
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
	head, body, _ := strings.Cut(string(r.answer(3000, "T")), "\r\n\r\n")
	for _, part := range []string{"<h1>exit 1</h1>", "a&lt;b.js", "  at a.js:1:2", "password=***", r.id, "redirect: 'manual'"} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s in %s", part, body)
		}
	}
	if strings.Contains(body, "<script>alert") || strings.Contains(body, "hunter2") || strings.Count(body, "<script") != 1 {
		t.Error(body)
	}
	if !strings.Contains(head, "\r\nSet-Cookie: hotswap-token-3000=T; Path=/; HttpOnly; SameSite=Strict\r\n") {
		t.Error(head)
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
