package control

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// subscribe asks for events.
func subscribe(t *testing.T, path, after string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn := dial(t, path)
	fmt.Fprintf(conn, "GET /v1/events HTTP/1.0\r\nLast-Event-ID: %s\r\n\r\n", after)
	return conn, bufio.NewReader(conn)
}

// until reads lines up to one that is want.
func until(t *testing.T, r *bufio.Reader, want string) (before string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if strings.TrimSpace(line) == want {
			return before
		}
		if before += line; err != nil {
			t.Fatalf("no line %q in %q: %v", want, before, err)
		}
	}
}

// numbered has events without end.
func numbered(_ context.Context, after string) (out []Event) {
	n := 0
	_, _ = fmt.Sscanf(after, "run-%d", &n)
	if n == 5 {
		out = append(out, Event{Line: []byte(`{"missed":1}`)})
		n++
	}
	return append(out, Event{fmt.Sprintf("run-%d", n+1), fmt.Appendf(nil, `{"n":%d,"pad":"%0900d"}`, n+1, 0)})
}

func TestEventsHaveIDs(t *testing.T) {
	patient(t)
	path := place(t)
	serve(t, path, instance{events: numbered})
	_, r := subscribe(t, path, "run-3")
	text := until(t, r, "id: run-8")
	var got []string
	for line := range strings.Lines(text) {
		if id, ok := strings.CutPrefix(line, "id: run-"); ok {
			got = append(got, strings.TrimSpace(id))
		} else if strings.Contains(line, "missed") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if want := `4 5 data: {"missed":1} 7`; strings.Join(got, " ") != want || !strings.Contains(text, "text/event-stream") {
		t.Errorf("%q, want %q in\n%s", got, want, text)
	}
}

// A client that does not read loses its connection, and takes no place of those that do. No client keeps the server from
// ending.
func TestEventsForClientsThatStopReading(t *testing.T) {
	was, beat := clientTime, heartbeat
	t.Cleanup(func() { clientTime, heartbeat = was, beat })
	clientTime, heartbeat = 100*time.Millisecond, 10*time.Millisecond
	path := place(t)
	s := serve(t, path, instance{events: func(ctx context.Context, after string) []Event {
		if after == "silent" {
			<-ctx.Done()
			return nil
		}
		return numbered(ctx, after)
	}})
	for range maxStreams {
		_, r := subscribe(t, path, "")
		until(t, r, "id: run-1") // and no more: the socket fills
	}
	clients := make([]*bufio.Reader, maxStreams)
	for i := range clients {
		for first := "HTTP/1.0 503 Service Unavailable"; !strings.HasPrefix(first, "HTTP/1.0 200"); {
			_, clients[i] = subscribe(t, path, "silent")
			first, _ = clients[i].ReadString('\n')
		}
		until(t, clients[i], ":")
		until(t, clients[i], ":") // the heartbeat
	}
	_, more := subscribe(t, path, "silent")
	if b, _ := io.ReadAll(more); !strings.Contains(string(b), "clients read events already") {
		t.Errorf("%s", b)
	}
	s.EndStreams()
	for _, r := range clients {
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Error(err)
		}
	}
}
