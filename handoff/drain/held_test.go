//go:build linux

package drain

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// upgraded returns a connection that speaks frames, which the program sends back.
func upgraded(t *testing.T, p *program) *net.TCPConn {
	t.Helper()
	c := dial(t, p.addr)
	if _, err := io.WriteString(c, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || a.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(a, err)
	}
	return c
}

// The clients of WebSockets never pause. They are left to the program, and the program is not kept from being
// stopped; the clients of HTTP beside them are ended as ever.
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
	d := underLoad(t, p, p.config(), 30*time.Second, 20, many(4, client{paths: []string{"/fast"}, think: 3 * time.Millisecond})...)
	if d.err != nil || d.Closed != 4 || d.Quiet != cap(echoed) {
		t.Errorf("%+v, %v; want the four others ended, and the WebSockets quiet", d.Report, d.err)
	}
	close(stop)
	for range cap(echoed) {
		if err := <-echoed; err != nil {
			t.Errorf("a WebSocket: %v", err)
		}
	}
}

// Input that was held wakes the program when the drain is given up.
func TestNothingStaysHeld(t *testing.T) {
	p := startProgram(t)
	cfg := p.config()
	first := dial(t, p.addr)
	go func() { _ = get(first, "/slow/1000") }() // keeps the drain going
	until(t, func() bool { return p.count() == 1 })
	var parked []*net.TCPConn
	for range 5 {
		c := dial(t, p.addr)
		if err := get(c, "/fast"); err != nil {
			t.Fatal(err)
		}
		parked = append(parked, c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d := New(cfg)
	_, _ = d.Run(ctx, func(r Report) {
		if len(d.held) >= len(parked) {
			cancel()
		}
	})
	if ctx.Err() == nil {
		t.Fatalf("%d connections were held", len(d.held))
	}
	for _, c := range parked {
		if err := get(c, "/fast"); err != nil {
			t.Error(err)
		}
	}
	if len(d.held) > 0 {
		t.Errorf("%d connections are still held", len(d.held))
	}
}

// Connections that nobody uses do not take all the places.
func TestHeldIsBounded(t *testing.T) {
	p := startProgram(t)
	for range maxHeld/2 + 20 {
		c := dial(t, p.addr)
		if err := get(c, "/fast"); err != nil {
			t.Fatal(err)
		}
	}
	d := New(p.config())
	most := 0
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := d.Run(ctx, func(Report) { most = max(most, len(d.held)) }); err != nil {
		t.Fatal(err)
	}
	if most != maxHeld/2 {
		t.Errorf("%d are held at once, want %d", most, maxHeld/2)
	}
}
