package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Sizes of the buffer of each direction of a connection, at first and once that was too small.
const smallBuffer, largeBuffer = 2 << 10, 16 << 10

// conn is the connection of a client, and one after the other those to the servers of generations. Two goroutines copy:
// ask from the client, run from the servers.
type conn struct {
	of     *Proxy
	client *net.TCPConn
	ctx    context.Context // ends with the client
	over   context.CancelFunc

	mu     sync.Mutex
	moved  sync.Cond     // the server has changed, the client waits for one, or ctx has ended
	server *net.TCPConn  // nil: the client has none
	gen    handoff.GenID // the server's
	waits  bool          // the client has sent what no server has got
	ended  bool          // the client has sent its last byte
	closed bool          // the server has sent its last byte
	exchange
	asked time.Time // of the client's last byte; zero: it has sent none
	heard time.Time // of the server's last byte, or else the beginning
}

// run serves the client until both directions have ended.
func (c *conn) run() {
	defer context.AfterFunc(c.ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.moved.Broadcast()
	})()
	var asks sync.WaitGroup
	asks.Go(c.ask)
	buf := make([]byte, smallBuffer)
	for server := c.attach(); server != nil; server = c.attach() {
		c.answer(server, buf)
	}
	asks.Wait()
	c.end(false)
}

// attach connects to the generation that serves, unless the client is between two requests and has not spoken yet. It
// returns nil when no server follows any more.
func (c *conn) attach() *net.TCPConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.ctx.Err() == nil && !c.closed && !(c.ended && !c.waits) {
		if !c.asked.IsZero() && !c.waits {
			c.moved.Wait()
			continue
		}
		c.mu.Unlock()
		server, gen, err := c.of.reach(c.ctx)
		c.mu.Lock()
		if err != nil {
			return nil
		}
		if c.ctx.Err() == nil {
			c.server, c.gen = server, gen // another generation may serve by now: next sees that
			if c.ended {                  // meanwhile
				_ = server.CloseWrite()
			}
			c.moved.Broadcast()
			return server
		}
		server.Close()
	}
	return nil
}

func (c *conn) ask() {
	buf := make([]byte, smallBuffer)
	if !c.of.served.Load() { // a browser's head may have many cookies
		buf = make([]byte, largeBuffer)
	}
	for {
		n, err := c.client.Read(buf)
		if c.refuse(buf[:n]) {
			return
		}
		if n > 0 {
			server := c.next(buf[:n])
			if server == nil {
				return
			}
			if _, err := server.Write(buf[:n]); err != nil {
				return // its end has come, or is about to
			}
		}
		if n == smallBuffer {
			buf = make([]byte, largeBuffer)
		}
		switch {
		case errors.Is(err, io.EOF):
			c.mu.Lock()
			c.ended = true
			if c.server != nil {
				_ = c.server.CloseWrite()
			}
			c.moved.Broadcast()
			c.mu.Unlock()
			return
		case err != nil:
			c.end(!errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed))
			return
		}
	}
}

// next returns the server that gets what the client has sent.
func (c *conn) next(b []byte) *net.TCPConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.leaveLocked(); c.server == nil; c.leaveLocked() {
		c.waits = true
		if c.ctx.Err() != nil {
			return nil
		}
		c.moved.Broadcast()
		c.moved.Wait()
	}
	c.waits = false
	c.request(b)
	c.asked = time.Now()
	return c.server
}

// answer copies from a server until its end, which is the client's, too, unless the client gets another server.
func (c *conn) answer(server *net.TCPConn, buf []byte) {
	for {
		n, err := server.Read(buf)
		if n > 0 {
			c.mu.Lock()
			left := c.server != server
			if !left {
				c.exchange.answer(buf[:n])
				c.heard = time.Now()
			}
			c.mu.Unlock()
			if left {
				return
			}
			if _, err := c.client.Write(buf[:n]); err != nil {
				c.end(true)
				return
			}
		}
		if n == smallBuffer {
			buf = make([]byte, largeBuffer)
		}
		c.mu.Lock()
		c.leaveLocked()
		gone := c.server != server
		if err != nil && !gone {
			c.closed = true
			if c.ctx.Err() == nil { // else finish sets an earlier one
				// as the kernel gives up who keeps the other direction (tcp_fin_timeout, tcp(7))
				_ = c.client.SetReadDeadline(time.Now().Add(wait.Command))
			}
		}
		c.mu.Unlock()
		switch {
		case gone:
			return
		case errors.Is(err, io.EOF):
			_ = c.client.CloseWrite()
			return
		case err != nil:
			c.end(true)
			return
		}
	}
}

// leaveLocked takes a server from the client that serves no more, between two requests.
func (c *conn) leaveLocked() {
	if c.server != nil && c.of.serving.Load() != int64(c.gen) && c.rests() && !c.last && !c.ended && !c.closed {
		c.server.Close()
		c.server = nil
		c.moved.Broadcast()
	}
}

// end ends both connections, with a reset if one of them was reset.
func (c *conn) end(reset bool) {
	c.over()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range []*net.TCPConn{c.client, c.server} {
		if one == nil {
			continue
		}
		if reset {
			_ = one.SetLinger(0)
		}
		one.Close()
	}
	c.server = nil
}

// finish ends the connection: at once without a server, else when the server has ended, which it does about now, or
// late.
func (c *conn) finish(late time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.closed {
		late = time.Now()
	}
	_ = c.client.SetDeadline(late)
}
