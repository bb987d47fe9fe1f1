//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// keptServer is a server that knows nothing of hotswap.
type keptServer struct {
	name, file string
	command    []string
	needs      []string // a command that succeeds where the server can run
	args       []string // of hotswap
}

var keptServers = []keptServer{
	{"uvicorn", "app.py", words("/usr/bin/uvicorn --log-level error --timeout-keep-alive 60 --port PORT app:app"), words("/usr/bin/uvicorn --version"), nil},
	{"puma", "config.ru", words("/usr/bin/puma -q -t 16:40 -b tcp://127.0.0.1:PORT"), words("/usr/bin/puma --version"), nil},
	{"go", "go/main.go", words("go -C go run ."), words("go version"), nil},
	{"node", "server.js", words("node server.js"), words("node --version"), words("--probation 1m")},
	{"node without adapter", "server.js", words("node server.js"), words("node --version"), words("--no-adapter")},
	{"cluster", "server.js", words("node cluster.js"), words("node --version"), nil},
	{"bun", "serve.ts", words("BUN serve.ts"), words("BUN --version"), nil},
}

// keptKinds are requests that a client sends on one connection, again and again.
var keptKinds = []struct {
	name, path string
	body       []string // its parts, 30 ms apart
	pause      time.Duration
}{
	{name: "without a pause"},
	{name: "10 ms", pause: 10 * time.Millisecond},
	{name: "100 ms", pause: 100 * time.Millisecond},
	{name: "a second", pause: 1100 * time.Millisecond},
	{name: "answer in parts", path: "/parts", pause: 10 * time.Millisecond},
	{name: "body", body: []string{"GET / HTTP/1.1\r\n\r\n"}, pause: 10 * time.Millisecond},
	{name: "large body", body: []string{strings.Repeat("x", 200_000)}},
	{name: "body in parts", body: []string{"hello", "hello"}, pause: 40 * time.Millisecond},
}

// keptTally is what became of all requests.
type keptTally struct {
	mu     sync.Mutex // guards what follows
	newest int        // version that has answered on a new connection
	since  time.Time  // when it first did
	asked  int
	last   map[int]time.Time // when the newest request was sent that a version has answered
	old    []string          // answers of an older version to requests that were sent more than a second later
	failed []string
}

// start starts hotswap with the server, and returns the server's address and what writes the next version.
func (p keptServer) start(t *testing.T) (h *hotswap, address string, save func(version int)) {
	t.Helper()
	dir, port := t.TempDir(), testkit.FreePort(t)
	filled := func(command []string) []string {
		return words(strings.NewReplacer("PORT", port, "BUN", fleetBun()).Replace(strings.Join(command, " ")))
	}
	if needs := filled(p.needs); exec.Command(needs[0], needs[1:]...).Run() != nil {
		t.Skipf("%s cannot run here", p.name)
	}
	if err := os.CopyFS(dir, os.DirFS("testdata/kept")); err != nil {
		t.Fatal(err)
	}
	h = start(t, options{dir: dir, env: []string{"PORT=" + port}, args: p.args, command: filled(p.command)})
	h.Serving(1)
	address = "127.0.0.1:" + port
	testkit.Reachable(t, address)
	return h, address, func(version int) {
		t.Helper()
		change(t, filepath.Join(dir, p.file), fmt.Sprintf("VERSION = %d", version-1), fmt.Sprintf("VERSION = %d", version))
	}
}

// Whoever keeps a connection gets the new version as soon as whoever opens one, and loses no request.
func TestKeptConnectionsGetTheNewVersion(t *testing.T) {
	t.Parallel()
	for _, p := range keptServers {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			h, address, save := p.start(t)
			tally := keptTally{last: make(map[int]time.Time)}
			stop := make(chan struct{})
			var clients sync.WaitGroup
			clients.Go(func() { tally.connect(address, stop) })
			for n := range keptKinds {
				clients.Go(func() { tally.keep(address, n, stop) })
			}
			for version := 2; version <= 3; version++ {
				time.Sleep(1500 * time.Millisecond) // of traffic
				save(version)
				h.Serving(version)
			}
			time.Sleep(1500 * time.Millisecond)
			if p.name == "node" { // its old process has a long probation
				tally.rollBack(t, h)
			}
			close(stop)
			clients.Wait()
			t.Logf("%d requests", tally.asked)
			if len(tally.failed)+len(tally.old) > 0 || tally.newest != 3 {
				t.Errorf("%d failed: %q; %d got an old answer: %q; the newest version is %d",
					len(tally.failed), tally.failed[:min(5, len(tally.failed))], len(tally.old), tally.old[:min(5, len(tally.old))], tally.newest)
			}
		})
	}
}

// A browser sends the request for a page that it reloads on a connection that it keeps. Pages are told as soon as
// such a request goes to the new generation, not when the old one has no connection left.
func TestPagesAreToldWhileConnectionsAreKept(t *testing.T) {
	t.Parallel()
	for _, p := range keptServers[:2] {
		t.Run(p.name, func(t *testing.T) {
			livePort(t)
			p.args = words("--livereload --probation 10m")
			h, address, save := p.start(t)
			page := openTab(t)
			page.enter("http://" + address)
			page.is("document.body?.innerText", "version 1 size 0")
			save(2)
			h.Wait("pages are told", is("livereload-told"))
			page.run("location.reload()")
			page.is("document.body?.innerText", "version 2 size 0")
		})
	}
}

// rollBack demands that version 2 answers all clients soon after a rollback from version 3.
func (k *keptTally) rollBack(t *testing.T, h *hotswap) {
	t.Helper()
	k.mu.Lock()
	k.since = time.Now().Add(time.Hour) // no answer is an old one
	k.mu.Unlock()
	h.does("rollback")
	after := time.Now().Add(time.Second)
	time.Sleep(1500 * time.Millisecond) // of traffic
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last[3].After(after) || !k.last[2].After(after) {
		t.Error("a second after a rollback to version 2, version 3 answers, or version 2 does not")
	}
}

// connect asks on new connections.
func (k *keptTally) connect(address string, stop chan struct{}) {
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
		a, err := web.Get("http://" + address + "/")
		k.mu.Lock()
		if err != nil {
			k.failed = append(k.failed, "a new connection: "+err.Error())
		} else {
			if v, _, err := readKept(a.Body); err == nil && v > k.newest {
				k.newest, k.since = v, time.Now()
			}
		}
		k.mu.Unlock()
	}
}

// keep asks on one connection until that ends, and then on another.
func (k *keptTally) keep(address string, kind int, stop chan struct{}) {
	what := keptKinds[kind]
	for {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			k.fail(what.name, err)
			return
		}
		in := bufio.NewReader(conn)
		for last := false; !last && err == nil; {
			select {
			case <-stop:
				conn.Close()
				return
			case <-time.After(what.pause):
			}
			_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, err = in.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
				break // the server has ended it, between two requests
			}
			if last, err = k.ask(conn, in, kind); err != nil {
				k.fail(what.name, err)
			}
		}
		conn.Close()
	}
}

func (k *keptTally) ask(conn net.Conn, in *bufio.Reader, kind int) (last bool, err error) {
	what := keptKinds[kind]
	k.mu.Lock()
	k.asked++
	newest, settled, sent := k.newest, time.Since(k.since) > time.Second, time.Now()
	k.mu.Unlock()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	size := len(strings.Join(what.body, ""))
	fmt.Fprintf(conn, "POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", strings.TrimPrefix(what.path, "/"), size)
	for n, part := range what.body {
		if n > 0 || len(what.body) > 1 {
			time.Sleep(30 * time.Millisecond)
		}
		_, _ = io.WriteString(conn, part)
	}
	a, err := http.ReadResponse(in, nil)
	if err != nil {
		return false, err
	}
	v, read, err := readKept(a.Body)
	if err == nil && read != size {
		err = fmt.Errorf("the server read %d bytes", read)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if v < newest && settled {
		k.old = append(k.old, what.name)
	}
	if sent.After(k.last[v]) {
		k.last[v] = sent
	}
	return a.Close, err
}

// readKept reads which version has answered, and how many bytes that has read.
func readKept(body io.ReadCloser) (version, size int, err error) {
	defer body.Close()
	b, err := io.ReadAll(body)
	if err == nil {
		_, err = fmt.Sscanf(string(b[max(0, bytes.LastIndexByte(b, 'v')):]), "version %d size %d", &version, &size)
	}
	return version, size, err
}

func (k *keptTally) fail(kind string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.failed = append(k.failed, kind+": "+err.Error())
}
