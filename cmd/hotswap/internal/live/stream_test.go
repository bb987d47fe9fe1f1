package live

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// events opens a stream, and returns what reads its next event.
func (w *world) events(t *testing.T, last string) func() string {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+"/live/stream", nil)
	req.Header.Set("Last-Event-ID", last)
	res := testkit.Must(w.server.Client().Do(req))(t)
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewReader(res.Body)
	return func() (event string) {
		t.Helper()
		for {
			line := testkit.Must(lines.ReadString('\n'))(t)
			switch {
			case line == "\n" && event != "":
				return event
			case line != "\n" && !strings.HasPrefix(line, ":"):
				event += line
			}
		}
	}
}

// A page gets the state when it changes and the lines as they come. One that connects again gets what it has missed.
func TestStream(t *testing.T) {
	log := control.NewLog()
	w := open(t, Page{Log: log})
	log.Add(1, []byte("one\n"))
	log.Add(1, []byte("two\n"))
	next := w.events(t, "")
	state, lines := next(), next()
	if strings.HasPrefix(state, "event: lines") {
		state, lines = lines, state
	}
	if !strings.HasPrefix(state, "event: state\ndata: {") || !strings.Contains(state, `"generation":3`) {
		t.Errorf("%q", state)
	}
	id := strings.TrimSuffix(log.Newest("", 0), "2")
	is := func(got, number string, texts ...string) {
		t.Helper()
		if !strings.HasPrefix(got, "event: lines\nid: "+id+number+"\ndata: {") ||
			strings.Count(got, "data: ") != len(texts) {
			t.Errorf("%q", got)
		}
		for _, text := range texts {
			if !strings.Contains(got, `"text":"`+text+`\n"`) {
				t.Errorf("%q has no %s", got, text)
			}
		}
	}
	is(lines, "2", "one", "two")
	<-w.status
	w.status <- report.Status{State: report.PhaseServing, Generation: 4, PID: 7,
		Failure: &report.FailureStatus{PostMortem: report.PostMortem{Reason: "build failed: make TOKEN=secret"}}}
	close(w.change)
	state = next()
	if !strings.Contains(state, `"generation":4`) || !strings.Contains(state, "TOKEN=***") {
		t.Errorf("%q", state)
	}
	log.Add(1, []byte("three\n"))
	is(next(), "3", "three")
	for at, want := range map[string][]string{id + "2": {"three"}, "6-2": {"one", "two", "three"}} {
		again := w.events(t, at)
		got := again()
		if strings.HasPrefix(got, "event: state") {
			got = again()
		}
		is(got, "3", want...)
	}
}
