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

	"github.com/hotswap-dev/hotswap/internal/web"
)

// subscribe asks for events.
func subscribe(t *testing.T, path, after string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn := dial(t, path)
	fmt.Fprintf(conn, "GET /v1/events HTTP/1.0\r\nLast-Event-ID: %s\r\n\r\n", after)
	return conn, bufio.NewReader(conn)
}

// streams subscribes until it works, and reads up to the first line that is want.
func streams(t *testing.T, path, after, want string) (r *bufio.Reader, before string) {
	t.Helper()
	for {
		_, r = subscribe(t, path, after)
		before = ""
		for line, err := r.ReadString('\n'); err == nil; line, err = r.ReadString('\n') {
			if strings.TrimSpace(line) == want {
				return r, before
			}
			before += line
		}
	}
}

// numbered has events without end.
func numbered(_ context.Context, after string) (out []web.Event) {
	n := 0
	_, _ = fmt.Sscanf(after, "run-%d", &n)
	if n == 5 {
		out = append(out, web.Event{Data: []byte(`{"missed":1}`)})
		n++
	}
	return append(out, web.Event{ID: fmt.Sprintf("run-%d", n+1), Data: fmt.Appendf(nil, `{"n":%d,"pad":"%0900d"}`, n+1,
		0)})
}

// A client that does not read loses its connection, and takes no place of those that do. No client keeps the server
// from ending.
func TestEventsForClientsThatStopReading(t *testing.T) {
	give(t, 100*time.Millisecond)
	path := place(t)
	s := serve(t, path, instance{events: func(ctx context.Context, after string) []web.Event {
		if after == "silent" {
			<-ctx.Done()
			return nil
		}
		return numbered(ctx, after)
	}})
	for range maxWaiting {
		streams(t, path, "", "id: run-1") // and reads no more: the socket fills
	}
	clients := make([]*bufio.Reader, maxWaiting)
	for i := range clients {
		clients[i], _ = streams(t, path, "silent", ":")
	}
	streams(t, path, "silent", `{"error":"too many clients wait already"}`)
	s.EndStreams()
	for _, r := range clients {
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Error(err)
		}
	}
}
