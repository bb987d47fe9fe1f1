//go:build linux

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// keptClients use one connection each for as long as a test runs.
type keptClients struct {
	port string
	wg   sync.WaitGroup
	stop chan struct{}

	mu      sync.Mutex // guards what follows
	newest  int        // version that has answered
	since   time.Time  // when it first did
	seen    map[int]int
	late    int // requests that an older version has answered, though they were written after since
	back    int // answers that were older than one before on the same connection
	failed  []string
	longest time.Duration
}

// keptClient is one of them.
type keptClient struct {
	of   *keptClients
	conn net.Conn
	in   *bufio.Reader
	last int
}

func (k *keptClients) dial(t *testing.T) *keptClient {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+k.port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &keptClient{of: k, conn: conn, in: bufio.NewReader(conn)}
}

// ask sends a request, and returns the version that answers; 0: none does.
func (c *keptClient) ask(n int) int {
	k, wrote := c.of, time.Now()
	_ = c.conn.SetDeadline(wrote.Add(patience))
	body := fmt.Sprintf("request %d", n)
	var answer struct {
		Version int
		Echo    string
	}
	_, err := fmt.Fprintf(c.conn, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err == nil {
		var res *http.Response
		if res, err = http.ReadResponse(c.in, nil); err == nil {
			err = json.NewDecoder(res.Body).Decode(&answer)
			res.Body.Close()
			if err == nil && (res.Close || answer.Echo != body) {
				err = fmt.Errorf("close %v, echo %q", res.Close, answer.Echo)
			}
		}
	}
	done := time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.longest = max(k.longest, done.Sub(wrote))
	if err != nil {
		k.failed = append(k.failed, err.Error())
		return 0
	}
	switch {
	case answer.Version > k.newest:
		k.newest, k.since = answer.Version, done
	case answer.Version < k.newest && wrote.After(k.since):
		k.late++
	}
	if answer.Version < c.last {
		k.back++
	}
	c.last = answer.Version
	k.seen[answer.Version]++
	return answer.Version
}

// hurry asks without a pause.
func (k *keptClients) hurry(c *keptClient) {
	k.wg.Go(func() {
		for n := 1; c.ask(n) > 0; n++ {
			select {
			case <-k.stop:
				return
			default:
			}
		}
	})
}

// answers waits until a version has answered so often, or a request has failed.
func (k *keptClients) answers(t *testing.T, version, n int) {
	t.Helper()
	testkit.Eventually(t, func() error {
		k.mu.Lock()
		defer k.mu.Unlock()
		if seen := k.seen[version]; seen < n && len(k.failed) == 0 {
			return fmt.Errorf("version %d has answered %d times", version, seen)
		}
		return nil
	})
}

// keptProgram is a Node program below hotswap.
type keptProgram struct {
	*hotswap
	dir string
}

func (p keptProgram) saves(version int) {
	p.t.Helper()
	save(p.t, filepath.Join(p.dir, "version.json"), version)
	p.signal(syscall.SIGHUP)
	p.Serving(version)
}

// beginKept runs a program with 3 clients that never pause and 20 that rest.
func beginKept(t *testing.T, args ...string) (h keptProgram, k *keptClients, resting []*keptClient) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	// The program itself leaves idle connections open for as long as the test takes.
	write(t, filepath.Join(dir, "server.js"), strings.Replace(echoNode, "createServer(", "createServer({ keepAliveTimeout: 600000 }, ", 1))
	h = keptProgram{start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: append([]string{"--no-watch"}, args...), command: []string{"node", "server.js"},
	}), dir}
	h.Serving(1)
	k = &keptClients{port: port, stop: make(chan struct{}), seen: map[int]int{}}
	for n := range 23 {
		c := k.dial(t)
		if c.ask(n) != 1 {
			t.Fatalf("the first answer: %v", k.failed)
		}
		if n < 3 {
			k.hurry(c)
		} else {
			resting = append(resting, c)
		}
	}
	return h, k, resting
}

// end waits until no client is in a request.
func (k *keptClients) end() {
	close(k.stop)
	k.wg.Wait()
}

// Kept connections move from process to process between two requests. Nothing that a client
// can notice happens: no end, no answer that says close, and no request of which the answer
// is lost or comes from the old version once the new one has answered.
func TestKeptConnectionsMove(t *testing.T) {
	t.Parallel()
	const saves = 4
	h, k, resting := beginKept(t, "--probation", brief)
	for v := 2; v <= saves+1; v++ {
		h.saves(v)
		k.answers(t, v, 100)
		if v%2 == 1 { // the others move twice without a request
			for n, c := range resting {
				if got := c.ask(n); got != v {
					t.Errorf("version %d serves, and an idle connection is answered by %d", v, got)
				}
			}
		}
		h.Drained(v - 1)
	}
	k.end()
	t.Logf("answers %v, the longest took %v", k.seen, k.longest.Round(time.Millisecond))
	if len(k.failed) > 0 || k.late > 0 || k.back > 0 {
		t.Errorf("failed: %v; %d requests were answered by a version that another had replaced, %d on the same connection", k.failed, k.late, k.back)
	}
}

// After a rollback the connections move back.
func TestKeptConnectionsMoveBack(t *testing.T) {
	t.Parallel()
	h, k, resting := beginKept(t, "--probation", "1h")
	h.saves(2)
	k.answers(t, 2, 100)
	if out, err := exec.Command(binary, "rollback", "--pid", strconv.Itoa(h.Cmd.Process.Pid)).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	k.mu.Lock()
	seen := k.seen[1]
	k.mu.Unlock()
	k.answers(t, 1, seen+100)
	for n, c := range resting {
		if got := c.ask(n); got != 1 {
			t.Errorf("version 1 serves again, and an idle connection is answered by %d", got)
		}
	}
	k.end()
	if len(k.failed) > 0 {
		t.Errorf("failed: %v", k.failed)
	}
}
