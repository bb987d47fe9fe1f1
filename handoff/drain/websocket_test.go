//go:build linux

package drain

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// upgraded returns a connection that speaks frames, which the program sends back.
func upgraded(t *testing.T, p *program) *net.TCPConn {
	t.Helper()
	c := dial(t, p.addr)
	testkit.Must(io.WriteString(c, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"))(t)
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || a.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(a, err)
	}
	return c
}

// The clients of WebSockets never pause. They are left to the program, and the program is not kept from being
// stopped; the clients of HTTP beside them are moved.
func TestWebSocketsAreLeftToTheProgram(t *testing.T) {
	p := startProgram(t)
	stop, echoed := make(chan struct{}), make(chan error, 8)
	var talking sync.WaitGroup
	for range cap(echoed) {
		c := upgraded(t, p)
		talking.Add(1)
		go func() {
			var first sync.Once
			message, got := []byte(frame(0x81, 20)), make([]byte, 26)
			for {
				select {
				case <-stop:
					echoed <- nil
					return
				default:
				}
				if _, err := c.Write(message); err != nil {
					echoed <- err
					return
				}
				if _, err := io.ReadFull(c, got); err != nil {
					echoed <- err
					return
				}
				first.Do(talking.Done)
			}
		}()
	}
	talking.Wait()
	d := underLoad(t, p, p.moving(), 30*time.Second, 20, many(4, client{paths: []string{"/fast"}, think: 3 * time.Millisecond})...)
	if d.err != nil || d.Moved != 4 || d.Connections-d.Busy != cap(echoed) {
		t.Errorf("%+v, %v; want the four others moved, and the WebSockets quiet", d.Report, d.err)
	}
	close(stop)
	for range cap(echoed) {
		if err := <-echoed; err != nil {
			t.Errorf("a WebSocket: %v", err)
		}
	}
}
