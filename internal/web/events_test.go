package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// stream serves what next returns, and returns what reads the next event or comment, and the end as "".
func stream(t *testing.T, after string, next func(ctx context.Context, after string) []Event) func() string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Stream(r.Context(), w, r, time.Minute, next)
	}))
	t.Cleanup(s.Close)
	req, _ := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
	req.Header.Set("Last-Event-ID", after)
	res := testkit.Must(s.Client().Do(req))(t)
	t.Cleanup(func() { _ = res.Body.Close() })
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("%q", got)
	}
	lines := bufio.NewReader(res.Body)
	return func() (event string) {
		for line, err := lines.ReadString('\n'); err == nil && line != "\n"; line, err = lines.ReadString('\n') {
			event += line
		}
		return event
	}
}

// A client gets what comes after its last event, each with its kind and all of its lines. The stream ends with the
// events.
func TestStream(t *testing.T) {
	got := stream(t, "3", func(_ context.Context, after string) []Event {
		switch after {
		case "3":
			return []Event{{Data: []byte("some are missing")}, {ID: "5", Data: []byte("a\nb")}}
		case "5":
			return []Event{{Kind: "state", ID: "6", Data: []byte("{}")}}
		}
		return nil
	})
	for _, want := range []string{":\n", "data: some are missing\n", "id: 5\ndata: a\ndata: b\n",
		"event: state\nid: 6\ndata: {}\n", ""} {
		if event := got(); event != want {
			t.Errorf("%q, want %q", event, want)
		}
	}
}

// A stream without events goes on, and says so, also in the midst of an event's wait.
func TestStreamWithoutEvents(t *testing.T) {
	was := beat
	t.Cleanup(func() { beat = was })
	beat = time.Millisecond
	n := 0
	got := stream(t, "", func(ctx context.Context, after string) []Event {
		n++
		if n%3 == 0 {
			return []Event{{ID: fmt.Sprint(n), Data: []byte(after)}}
		}
		<-ctx.Done()
		return nil
	})
	if all := got() + got() + got() + got() + got() + got() + got(); strings.ReplaceAll(all, "\n", " ") != ": : : id: 3 data:  : : id: 6 data: 3 " {
		t.Errorf("%q", all)
	}
}
