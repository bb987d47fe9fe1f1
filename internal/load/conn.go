package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// maxBody limits an answer.
const maxBody = 16 << 20

// conn is a connection of one worker, which alone uses it. It keeps what is needed to
// classify its end.
type conn struct {
	net.Conn
	raw    syscall.RawConn
	br     *bufio.Reader
	dialed time.Time // before the dial
	asked  int       // requests begun on it

	got   int64     // bytes that came since the request was begun
	err   error     // what the last Read or Write failed with, unwrapped by no parser
	errAt time.Time // when it did

	unhook func() bool // stops closing the connection with the context
}

// dial opens a connection that ends when hard does.
func dial(hard context.Context, target string, timeout time.Duration) (*conn, time.Time, error) {
	dialed := time.Now()
	dialer := net.Dialer{Timeout: timeout}
	nc, err := dialer.DialContext(hard, "tcp", target)
	if err != nil {
		return nil, dialed, err
	}
	raw, err := nc.(*net.TCPConn).SyscallConn()
	if err != nil {
		nc.Close()
		return nil, dialed, err
	}
	c := &conn{Conn: nc, raw: raw, dialed: dialed}
	c.br = bufio.NewReader(c)
	c.unhook = context.AfterFunc(hard, func() { nc.Close() })
	return c, dialed, nil
}

// Read counts bytes, and keeps the error and its time.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.got += int64(n)
	if err != nil {
		c.err, c.errAt = err, time.Now()
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		c.err, c.errAt = err, time.Now()
	}
	return n, err
}

func (c *conn) Close() error {
	c.unhook()
	return c.Conn.Close()
}

// idleState is the state of a connection between two requests.
type idleState int

const (
	idleOpen idleState = iota
	idleClosed
	idleReset
	idleNoise // bytes that answer nothing
)

// idle returns the state of a connection without a current request.
func (c *conn) idle() idleState {
	// The one answer that a server may send without a request announces the close of
	// an idle connection (RFC 9110, section 15.5.9).
	const timeout408 = "HTTP/1.1 408"
	var buf [len(timeout408)]byte
	n, err := 0, error(nil)
	if ahead := min(c.br.Buffered(), len(buf)); ahead > 0 {
		b, _ := c.br.Peek(ahead) // cannot fail: it is there
		n = copy(buf[:], b)
	} else {
		n, err = peek(c.raw, buf[:])
	}
	switch {
	case errors.Is(err, io.EOF):
		return idleClosed
	case err != nil:
		return idleReset
	case n == 0:
		return idleOpen
	case string(buf[:n]) == timeout408:
		return idleClosed
	}
	return idleNoise
}

// request returns the bytes of a request. They are sent in one write, because the
// kernel acknowledges segments, not requests.
func request(kind *Kind, target string, body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: hotswap-load\r\nAccept: */*\r\n", kind.Method,
		kind.Path, target)
	if !kind.KeepAlive {
		b = append(b, "Connection: close\r\n"...)
	}
	if body != nil {
		b = fmt.Appendf(b, "Content-Type: text/plain\r\nContent-Length: %d\r\n", len(body))
	}
	b = append(b, "\r\n"...)
	return append(b, body...)
}

// answer reads one whole answer and skips interim ones (1xx).
func (c *conn) answer(method string) (*http.Response, []byte, error) {
	for {
		resp, err := http.ReadResponse(c.br, &http.Request{Method: method})
		if err != nil {
			return nil, nil, fmt.Errorf("read the head of the answer: %w", err)
		}
		if resp.StatusCode >= 100 && resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
		if err != nil {
			return resp, body, fmt.Errorf("read the body of the answer: %w", err)
		}
		if len(body) > maxBody {
			return resp, body[:0], fmt.Errorf("the body of the answer is longer than %d bytes", maxBody)
		}
		return resp, body, nil
	}
}
