package live

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/ring"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// output is a log of lines that are JSON already.
type output struct{ *ring.Ring[string] }

func (o output) Next(ctx context.Context, seen uint64, limit int) (lines [][]byte, last uint64) {
	items, missed := o.Ring.Next(ctx, seen, limit)
	for _, item := range items {
		lines = append(lines, []byte(item))
	}
	return lines, seen + missed + uint64(len(items))
}

func newOutput() output { return output{ring.New(1<<20, func(s string) int { return len(s) })} }

// events opens a stream, and returns what reads its next event.
func (w *world) events(t *testing.T, last string) func() string {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", w.server.URL+"/live/stream", nil)
	req.Header.Set("Last-Event-ID", last)
	res, err := w.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewReader(res.Body)
	return func() (event string) {
		t.Helper()
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if line == "\n" {
				return event
			}
			event += line
		}
	}
}

// A page gets the state when it changes and the lines as they come. One that connects again gets what it has missed.
func TestStream(t *testing.T) {
	log := newOutput()
	w := open(t, Config{Log: log, Mask: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("secret"), []byte("***")) }})
	log.Add(`"one"`)
	log.Add(`"two"`)
	next := w.events(t, "")
	state, lines := next(), next()
	if strings.HasPrefix(state, "event: lines") {
		state, lines = lines, state
	}
	if !strings.HasPrefix(state, "event: state\ndata: {") || !strings.Contains(state, `"generation":3`) {
		t.Errorf("%q", state)
	}
	if want := "event: lines\nid: 7-2\ndata: \"one\"\ndata: \"two\"\n"; lines != want {
		t.Errorf("%q", lines)
	}
	<-w.status
	w.status <- report.Status{State: report.PhaseServing, Generation: 4, PID: 7, Failure: &report.FailureStatus{Reason: "build failed: make TOKEN=secret"}}
	close(w.change)
	if state = next(); !strings.Contains(state, `"generation":4`) || !strings.Contains(state, "TOKEN=***") {
		t.Errorf("%q", state)
	}
	log.Add(`"three"`)
	if lines = next(); lines != "event: lines\nid: 7-3\ndata: \"three\"\n" {
		t.Errorf("%q", lines)
	}
	for id, want := range map[string]string{"7-2": "id: 7-3\ndata: \"three\"\n", "6-2": "id: 7-3\ndata: \"one\"\ndata: \"two\"\ndata: \"three\"\n"} {
		again := w.events(t, id)
		got := again()
		if strings.HasPrefix(got, "event: state") {
			got = again()
		}
		if !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", id, got)
		}
	}
}

// A page that stops reading loses its place, and has cost nothing but that.
func TestReaderThatStops(t *testing.T) {
	was := writeTime
	writeTime = 100 * time.Millisecond
	t.Cleanup(func() { writeTime = was })
	log := newOutput()
	w := open(t, Config{Log: log})
	c, err := net.Dial("tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = fmt.Fprintf(c, "GET /live/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if b := make([]byte, 12); true {
		if _, err := io.ReadFull(c, b); err != nil || string(b) != "HTTP/1.1 200" {
			t.Fatalf("%q, %v", b, err)
		}
	}
	if len(w.streams) != 1 {
		t.Fatalf("%d streams", len(w.streams))
	}
	line := `"` + strings.Repeat("x", 10_000) + `"`
	for len(w.streams) > 0 { // Add never blocks
		log.Add(line)
		time.Sleep(time.Millisecond)
	}
}
