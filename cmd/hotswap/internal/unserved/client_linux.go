package unserved

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
)

// mostHead bounds the head of a request that is judged. Who sends more waits.
const mostHead = 16 << 10

// client is an accepted connection. Its goroutine owns the fields.
type client struct {
	*net.TCPConn
	peeked [mostHead]byte
	n      int  // bytes of peeked
	closed bool // the client sends nothing more
	asks   bool // it has sent nothing, or a request that asks for an answer only (safe, RFC 9110, section 9.2.1)
}

func (c *client) ends() sockdiag.Name {
	return sockdiag.Name{Local: c.LocalAddr().(*net.TCPAddr).AddrPort(), Remote: c.RemoteAddr().(*net.TCPAddr).AddrPort()}
}

// wake has the client's goroutine look at whether it still waits.
func (c *client) wake() { _ = c.SetReadDeadline(time.Unix(1, 0)) }

// ofUser reports whether hotswap may speak for all who wait.
func ofUser(all []sockdiag.Name) bool { return peer.OfUser(all) }

// attend answers a client, or has it wait until phase ends and passes it on. It owns the descriptor.
func (p *Page) attend(phase context.Context, fd int) {
	f := os.NewFile(uintptr(fd), "client")
	conn, err := net.FileConn(f)
	_ = f.Close()
	if err != nil {
		return
	}
	defer conn.Close()
	c := &client{TCPConn: conn.(*net.TCPConn), asks: true}
	stop := context.AfterFunc(phase, c.wake)
	defer stop()
	for {
		recheck := time.Time{}
		if c.closed {
			recheck = time.Now().Add(wait.Seldom) // the client may keep its socket open for a moment
		}
		_ = c.SetReadDeadline(recheck) // before what wake is about is looked at
		switch {
		case phase.Err() != nil:
			p.pass(c)
			return
		case c.closed && c.asks && peer.Inode(c.ends()) == 0:
			return // nobody waits for an answer
		}
		before := c.n
		if err := c.next(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return // reset
		}
		if c.n > before && p.judge(c, stop) {
			return
		}
	}
}

// judge looks at what a client has sent, and reports whether that is answered.
func (p *Page) judge(c *client, stop func() bool) (answered bool) {
	sent := bufio.NewReaderSize(bytes.NewReader(c.peeked[:c.n]), mostHead)
	r, err := http.ReadRequest(sent)
	c.asks = err == nil && (r.Method == http.MethodGet || r.Method == http.MethodHead) && sent.Buffered() == 0
	last, now := p.last()
	port := c.ends().Local.Port()
	if !c.asks || !now && r.URL.Path != path || !navigates(r) { // or it is not whole, none of HTTP, or has more
		return false
	}
	token := p.cfg.Token
	if !permits(r, port, token) {
		last, token = neutral, ""
	}
	if token == "" && !web.OwnHost(r.Host) || !stop() {
		return false
	}
	c.answer(last.answer(port, token))
	return true
}

// pass gives the client to the generation that serves.
func (p *Page) pass(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if fd, err := unix.FcntlInt(uintptr(rights.FD(c)), unix.F_DUPFD_CLOEXEC, 0); err == nil {
		p.cfg.Pass(fd, "")
	}
}

// next waits until the client has sent more or has closed its side, and leaves what it has sent in the socket.
func (c *client) next() (err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	late := raw.Read(func(fd uintptr) bool {
		n, _, failed := unix.Recvfrom(int(fd), c.peeked[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		if failed == unix.EAGAIN || failed == unix.EINTR {
			return false
		}
		info, unknown := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		closed := unknown == nil && sockdiag.State(info.State) != sockdiag.Established
		if err = failed; err == nil && n == c.n && closed == c.closed {
			return false
		}
		c.n, c.closed = max(n, 0), closed
		return true
	})
	return errors.Join(err, late)
}

// answer answers what was peeked at, and ends the connection.
func (c *client) answer(response []byte) {
	_ = c.SetDeadline(time.Now().Add(wait.Answer))
	if _, err := io.CopyN(io.Discard, c, int64(c.n)); err != nil {
		return
	}
	if _, err := c.Write(response); err == nil && c.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, c) // a close before the client has read everything may reset the connection
	}
}
