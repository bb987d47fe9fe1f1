//go:build unix

// Package crowd asks the servers of the survey that do not speak HTTP/1.1.
package crowd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// Crowd asks a server that does not speak HTTP/1.1: eight clients on a new
// connection each time and eight that keep theirs.
type Crowd struct {
	fresh, kept func(n int) asker // of the n-th client
	redials     atomic.Int64      // of kept clients that do not notice ends themselves
	blind       bool              // they do not look at their connection before they write either

	mu                              sync.Mutex // guards what follows
	cond                            *sync.Cond
	by                              map[int]int // answers by version
	newest                          int
	requests, failed, raced, closes uint64
	notes                           []string

	stop    chan struct{}
	once    sync.Once
	clients sync.WaitGroup
}

// asker makes one request. What it returns beside a version is errRaced, or
// errClosed if the server had ended the connection between two requests, or a
// loss.
type asker func() (version int, err error)

var (
	errRaced  = errors.New("the connection ended while the request was on its way")
	errClosed = errors.New("the connection had ended before the request")
)

// Begin lets the clients ask until Halt or End ends them.
func (c *Crowd) Begin() {
	c.cond, c.by, c.stop = sync.NewCond(&c.mu), map[int]int{}, make(chan struct{})
	for n := range 8 {
		c.clients.Add(2)
		go c.run(c.fresh(n), 5*time.Millisecond, true)
		go c.run(c.kept(n), 10*time.Millisecond, false)
	}
}

// Halt lets no client ask again.
func (c *Crowd) Halt() { c.once.Do(func() { close(c.stop) }) }

func (c *Crowd) run(ask asker, think time.Duration, fresh bool) {
	defer c.clients.Done()
	for {
		select {
		case <-c.stop:
			return
		case <-time.After(think):
		}
		c.mu.Lock()
		newest := c.newest
		c.mu.Unlock()
		version, err := ask()
		c.mu.Lock()
		switch {
		case errors.Is(err, errClosed):
			c.closes++
			c.mu.Unlock()
			continue
		case errors.Is(err, errRaced):
			c.closes++
			c.raced++
		case err == nil && fresh && version < newest:
			err = fmt.Errorf("version %d after %d", version, newest)
		}
		c.requests++
		if err != nil && !errors.Is(err, errRaced) {
			c.failed++
			if len(c.notes) < 10 {
				c.notes = append(c.notes, fmt.Sprintf("fresh %v: %v", fresh, err))
			}
		}
		if err == nil {
			c.by[version]++
			c.newest = max(c.newest, version)
			c.cond.Broadcast()
		}
		c.mu.Unlock()
	}
}

// Answers waits until a version has been answered 50 times.
func (c *Crowd) Answers(ctx context.Context, version int) error {
	defer context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.cond.Broadcast()
	})()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.by[version] < 50 {
		if ctx.Err() != nil {
			return fmt.Errorf("version %d was not answered 50 times: %v; %q", version, c.by, c.notes)
		}
		c.cond.Wait()
	}
	return nil
}

// End ends the clients. The error is what was lost.
func (c *Crowd) End() (requests, failed, raced, closes uint64, err error) {
	c.Halt()
	c.clients.Wait()
	c.closes = max(c.closes, uint64(max(0, c.redials.Load())))
	if c.failed > 0 {
		err = fmt.Errorf("%d requests failed: %s", c.failed, strings.Join(c.notes, "\n  "))
	}
	share := uint64(50)
	if c.blind {
		share = 4
	}
	if c.raced > max(1, c.closes/share) {
		err = errors.Join(err, fmt.Errorf("%d of %d closed connections raced, more than 1 in %d", c.raced, c.closes,
			share))
	}
	return c.requests, c.failed, c.raced, c.closes, err
}

// Talk sends request and reads until an answer ends in last; the digits
// after before, less base, are the version.
func Talk(request, before, last string, base int) func(string) *Crowd {
	// complete tells whether the whole of an answer is there.
	complete := func(b []byte) bool {
		i := bytes.Index(b, []byte(before))
		return i >= 0 && bytes.HasSuffix(b[i+len(before):], []byte(last))
	}
	talk := func(conn net.Conn, reused bool) (int, error) {
		if reused && hasEnded(conn) {
			return 0, errClosed
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(conn, request); err != nil {
			if reused {
				return 0, errRaced
			}
			return 0, err
		}
		written := time.Now()
		var got []byte
		buf := make([]byte, 4096)
		for !complete(got) {
			n, err := conn.Read(buf)
			got = append(got, buf[:n]...)
			switch {
			case err == nil:
			case reused && len(got) == 0 && time.Since(written) < 15*time.Millisecond:
				return 0, errRaced
			default:
				return 0, fmt.Errorf("%w, %v after the write, answer so far %q", err, time.Since(written), got)
			}
		}
		rest := got[bytes.Index(got, []byte(before))+len(before):]
		end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		v, err := strconv.Atoi(string(rest[:end]))
		return v - base, err
	}
	return func(target string) *Crowd {
		return &Crowd{
			fresh: func(int) asker {
				return func() (int, error) {
					conn, err := net.Dial("tcp", target)
					if err != nil {
						return 0, err
					}
					defer conn.Close()
					return talk(conn, false)
				}
			},
			kept: func(int) asker {
				var conn net.Conn
				return func() (v int, err error) {
					reused := conn != nil
					if !reused {
						conn, err = net.Dial("tcp", target)
						if err != nil {
							return 0, err
						}
					}
					v, err = talk(conn, reused)
					if err != nil {
						conn.Close()
						conn = nil
					}
					return v, err
				}
			},
		}
	}
}

// hasEnded looks whether the server has ended a connection, as careful clients
// do before they use it again.
func hasEnded(conn net.Conn) bool {
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return true
	}
	over := false
	_ = raw.Read(func(fd uintptr) bool {
		n, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		over = n == 0 && err == nil || errors.Is(err, unix.ECONNRESET)
		return true
	})
	return over
}

// HTTP2 speaks HTTP/2 without TLS: fresh clients a connection for each
// request, the others one each, or one together. Go's client does not
// look at its connection before it writes, another goroutine of it reads, so it
// races more often; a request that ends with its connection within
// 15 ms, of whose answer nothing came, is a race as in package load.
func HTTP2(together bool) func(string) *Crowd {
	client := func(dials *atomic.Int64) *http.Client {
		var p http.Protocols
		p.SetUnencryptedHTTP2(true)
		var d net.Dialer
		return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			Protocols: &p,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if dials != nil {
					dials.Add(1)
				}
				return d.DialContext(ctx, network, address)
			},
		}}
	}
	get := func(c *http.Client, target string, reused bool) (int, error) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+target+"/ping", nil)
		if err != nil {
			return 0, err
		}
		began := time.Now()
		a, err := c.Do(r)
		if err != nil {
			if took := time.Since(began); !reused || took >= 15*time.Millisecond {
				return 0, fmt.Errorf("after %v: %w", took, err)
			}
			return 0, errRaced
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil {
			return 0, err
		}
		v, ok := load.ExampleChecks().Version(b, nil)
		if !ok || a.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("status %d: %q", a.StatusCode, b)
		}
		return strconv.Atoi(v)
	}
	return func(target string) *Crowd {
		c := &Crowd{blind: true}
		shared, connections := client(&c.redials), 8
		if together {
			connections = 1
		}
		c.redials.Store(int64(-connections))
		c.fresh = func(int) asker {
			return func() (int, error) {
				h := client(nil)
				defer h.CloseIdleConnections()
				return get(h, target, false)
			}
		}
		c.kept = func(int) asker {
			h := shared
			if !together {
				h = client(&c.redials)
			}
			return func() (int, error) { return get(h, target, true) }
		}
		return c
	}
}
