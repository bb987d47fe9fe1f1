//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// clientEnv makes this test binary a client, which is all that its session has, listens on nothing and talks to
// nobody else. The test itself is no such client: testkit.FreePort listens.
const clientEnv = "HOTSWAP_E2E_CLIENT"

// client is what it reads from standard input first.
type client struct {
	Network, Address, Local string
	Kinds                   []keptKind // none: it copies between the connection and its own input and output
	// An answer is old if a newer version had answered before the connection was opened: the kernel steers new
	// connections. Where an adapter moves connections (Exact), it is old as well if the request was sent when another
	// kept connection had got a newer version.
	Exact bool

	netns string // the network namespace to run in
}

// keptKind is a request that a client sends on one connection, again and again.
type keptKind struct {
	Name, Path string
	Body       []string // its parts, 30 ms apart
	Size       int      // of a body of one part
	Pause      time.Duration
	Never      bool // not even the millisecond in which the other kinds see an end
	Clients    int  // default 1
}

// keptTally is what became of all requests.
type keptTally struct {
	client
	mu sync.Mutex // guards what follows

	Newest int       // version that has answered
	Since  time.Time // when it first did
	Moved  int       // the newest version that has answered on a connection which an older one had answered before
	Asked  int
	Cut    int           // connections that the server has ended
	Old    []string      // answers of an older version
	Oldest time.Duration // the latest of them
	Failed []string
}

func beClient() {
	if os.Getenv(clientEnv) == "" {
		return
	}
	in := bufio.NewReader(os.Stdin)
	var c client
	config, err := in.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(config, &c)
	}
	if err == nil && len(c.Kinds) == 0 {
		err = c.copy(in)
	} else if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(c.ask(in))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (c *client) dial() (net.Conn, error) {
	d := net.Dialer{Timeout: patience}
	if c.Local != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(c.Local)}
	}
	return d.Dial(cmp.Or(c.Network, "tcp"), c.Address)
}

func (c *client) copy(in io.Reader) error {
	conn, err := c.dial()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(conn, in)
		os.Exit(0) // the test has closed it
	}()
	fmt.Print("+")
	_, err = io.Copy(os.Stdout, conn)
	if errors.Is(err, syscall.ECONNRESET) {
		err = nil
	}
	return err
}

// ask asks until the input ends.
func (c *client) ask(in *bufio.Reader) *keptTally {
	k := &keptTally{client: *c}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	clients.Go(func() { k.connect(stop) })
	for _, kind := range c.Kinds {
		for range max(1, kind.Clients) {
			clients.Go(func() { k.keep(kind, stop) })
		}
	}
	_, _ = io.Copy(io.Discard, in)
	close(stop)
	clients.Wait()
	return k
}

// old notes an answer of an older version.
func (k *keptTally) old(kind string, late time.Duration) {
	k.Old, k.Oldest = append(k.Old, kind), max(k.Oldest, late)
}

func (k *keptTally) newest() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.Newest
}

// connect asks on new connections.
func (k *keptTally) connect(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
		opened := k.newest()
		conn, err := k.dial()
		if err == nil {
			_, _, err = k.once(conn, bufio.NewReader(conn), keptKind{Name: "new"}, 0, opened)
			conn.Close()
		}
		k.fail("a new connection", err)
	}
}

// keep asks on one connection until that ends, and then on another.
func (k *keptTally) keep(kind keptKind, stop chan struct{}) {
	for {
		opened := k.newest()
		conn, err := k.dial()
		if err != nil {
			k.fail(kind.Name, err)
			return
		}
		in := bufio.NewReader(conn)
		for last, version := false, 0; !last && err == nil; {
			select {
			case <-stop:
				conn.Close()
				return
			case <-time.After(kind.Pause):
			}
			if !kind.Never {
				_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				_, err = in.Peek(1)
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					break // the server has ended it, between two requests
				}
			}
			last, version, err = k.once(conn, in, kind, version, opened)
			k.fail(kind.Name, err)
		}
		conn.Close()
		k.mu.Lock()
		k.Cut++
		k.mu.Unlock()
	}
}

// once asks once on a connection, on which a version has answered before unless that is 0, and reports which one
// answers and whether the server ends the connection. opened is the newest version that had answered when the
// connection was begun.
func (k *keptTally) once(conn net.Conn, in *bufio.Reader, kind keptKind, before, opened int) (last bool, v int,
	err error) {
	k.mu.Lock()
	k.Asked++
	since, moved, sent := k.Since, k.Moved, time.Now()
	k.mu.Unlock()
	_ = conn.SetReadDeadline(sent.Add(patience))
	size := kind.Size + len(strings.Join(kind.Body, ""))
	_, _ = fmt.Fprintf(conn, "POST /%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n",
		strings.TrimPrefix(kind.Path, "/"), conn.RemoteAddr(), size)
	for _, part := range append(slices.Clone(kind.Body), strings.Repeat("x", kind.Size)) {
		if len(kind.Body) > 1 && part != "" {
			time.Sleep(30 * time.Millisecond)
		}
		_, _ = io.WriteString(conn, part)
	}
	a, err := http.ReadResponse(in, nil)
	if err != nil {
		return false, 0, err
	}
	v, read, err := readKept(a.Body)
	if err != nil {
		err = fmt.Errorf("%s: %w", a.Status, err)
	}
	if who := a.Header.Get("X-Client"); err == nil && k.Local != "" && who != conn.LocalAddr().String() {
		err = fmt.Errorf("%v is %s for version %d", conn.LocalAddr(), who, v)
	}
	if err == nil && read != size {
		err = fmt.Errorf("the server read %d of %d bytes", read, size)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if v > k.Newest {
		k.Newest, k.Since = v, time.Now()
	}
	if before != 0 && before < v {
		k.Moved = max(k.Moved, v)
	}
	switch late := sent.Sub(since); {
	case err != nil:
	case v < opened:
		k.old(fmt.Sprintf("%s: version %d on a connection that was begun after an answer of version %d", kind.Name, v,
			opened), late)
	case k.Exact && v < moved:
		k.old(kind.Name, late)
	}
	return a.Close, v, err
}

// readKept reads which version has answered, and how many bytes that has read.
func readKept(body io.ReadCloser) (version, size int, err error) {
	defer body.Close()
	b, err := io.ReadAll(body)
	if err == nil {
		_, err = fmt.Sscanf(string(b[max(0, bytes.LastIndexByte(b, 'v')):]), "version %d size %d", &version, &size)
		if err != nil {
			err = fmt.Errorf("the answer is %.60q", b)
		}
	}
	return version, size, err
}

func (k *keptTally) fail(kind string, err error) {
	if err == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Failed = append(k.Failed, fmt.Sprintf("%s %s: %v", time.Now().Format("05.000"), kind, err))
}

func (k *keptTally) String() string {
	some := func(all []string) []string { return all[:min(5, len(all))] }
	return fmt.Sprintf(
		"%d requests, %d failed: %q; %d old answers, to requests up to %v after the first new one: %q; %d connections cut; the newest version is %d",
		k.Asked, len(k.Failed), some(k.Failed), len(k.Old), k.Oldest.Round(time.Millisecond), some(k.Old), k.Cut,
		k.Newest)
}
