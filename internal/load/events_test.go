package load

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// streams serves event streams with script, which gets the connection's number from 1 and
// its request, and may close the connection. It returns the address.
func streams(t *testing.T, script func(c *net.TCPConn, number int, r string)) string {
	t.Helper()
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	t.Cleanup(func() { l.Close() })
	go func() {
		for number := 1; ; number++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var head strings.Builder
				for b := make([]byte, 1); !strings.HasSuffix(head.String(), "\r\n\r\n"); head.Write(b) {
					if _, err := c.Read(b); err != nil {
						return
					}
				}
				script(c.(*net.TCPConn), number, head.String())
			}()
		}
	}()
	return l.Addr().String()
}

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

func chunkOf(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// Each way in which a server can end a stream is told from the others, and the client is
// back after each, names its last event, and waits as long as the stream says.
func TestEventsTellHowAStreamEnds(t *testing.T) {
	asked, read := make(chan string, 10), make(chan struct{})
	target := streams(t, func(c *net.TCPConn, number int, r string) {
		asked <- r
		io.WriteString(c, streamHead+chunkOf(fmt.Sprintf("retry: 1\n\nid: %d\ndata: {\"version\":%d}\n\n", number,
			number)))
		switch number {
		case 1:
			io.WriteString(c, "0\r\n\r\n")
		case 2: // no end of the answer
		case 3:
			io.WriteString(c, chunkOf("id: 4\nda")) // in the middle of an event
		case 4:
			<-read         // a reset may overtake what was sent before it
			c.SetLinger(0) // close(2) sends a reset
			c.Close()
		default:
			io.Copy(io.Discard, c) // until the client leaves
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e := NewEvents(EventsConfig{Target: target, Retry: time.Hour})
	go e.Run(ctx)
	if err := e.Await(ctx, func(s EventsStats) bool { return s.Versions["4"] == 1 }); err != nil {
		t.Fatalf("%v: %v", err, e.Stats())
	}
	close(read)
	if err := e.Await(ctx, func(s EventsStats) bool { return s.Versions["5"] == 1 }); err != nil {
		t.Fatalf("%v: %v", err, e.Stats())
	}
	cancel()
	s := e.Wait()
	want := map[string]uint64{EndClean: 1, EndCut: 2, EndReset: 1}
	if !maps.Equal(s.Ends, want) || s.Split != 1 || s.Opened != 5 || s.Open != 0 || len(s.Failed) > 0 {
		t.Errorf("%v, want %v", s, want)
	}
	for number := 1; number <= 5; number++ {
		r := <-asked
		if names := strings.Contains(r, fmt.Sprintf("Last-Event-ID: %d\r\n", number-1)); names != (number > 1) {
			t.Errorf("request %d: %q", number, r)
		}
	}
}
