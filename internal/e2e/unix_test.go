//go:build linux

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// unixServer listens at $SOCKET and, if it is set, on $PORT, in the order that $ORDER
// says. It knows nothing of the file that the one before may have left.
const unixServer = `
import http from 'node:http'
const version = process.env.HOTSWAP_GENERATION
const serve = (at) => new Promise((resolve) => http.createServer((req, res) => {
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ pong: true, version: +version, pid: process.pid }))
}).listen(at, resolve))
for (const at of process.env.ORDER.split(' ')) await serve(at === 'port' ? +process.env.PORT : process.env.SOCKET)
`

// unixPing is what answers at a unix socket.
func unixPing(c *http.Client) (p pong, err error) {
	res, err := c.Get("http://unix/")
	if err != nil {
		return p, err
	}
	defer res.Body.Close()
	return p, json.NewDecoder(res.Body).Decode(&p)
}

// unixVersion is the generation that answers.
func unixVersion(c *http.Client) (int, error) {
	p, err := unixPing(c)
	return p.Version, err
}

// unixAnswers waits until a generation answers: a program "runs" when it has lived for a second, listening or not.
func unixAnswers(t *testing.T, socket string, gen int) {
	t.Helper()
	testkit.Eventually(t, func() error {
		v, err := unixVersion(testkit.Client(socket))
		if err == nil && v != gen {
			err = fmt.Errorf("generation %d answers, want %d", v, gen)
		}
		return err
	})
}

// reload runs the command and returns what it says.
func reload(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command(binary, "reload")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// A Node server on a unix socket, which would die of EADDRINUSE, is reloaded five
// times under requests. Its clients are refused for a moment, and nothing worse. That it
// is a server is known when the second generation listens where the first one did: from
// then on the next one boots beside it, and a save that fails changes nothing.
func TestNodeOnAUnixSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, socket := filepath.Join(dir, "server.mjs"), filepath.Join(dir, "app.sock")
	write(t, file, unixServer)
	h := start(t, options{dir: dir, env: []string{"SOCKET=" + socket, "ORDER=socket"}, command: []string{"node", "server.mjs"}})
	unixAnswers(t, socket, 1)
	h.Wait("that generation 1 runs", func(l line) bool { return l.Gen == 1 && l.Event == "running" })

	client, stop := testkit.Client(socket), make(chan struct{})
	var asking sync.WaitGroup
	answered, refused := 0, 0
	asking.Go(func() {
		for last := 0; ; {
			select {
			case <-stop:
				return
			default:
			}
			switch v, err := unixVersion(client); {
			case err == nil && v >= last:
				last = v
				answered++
			case err == nil:
				t.Errorf("generation %d answers after %d", v, last)
			case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
				refused++
			case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
				strings.Contains(err.Error(), "server closed idle connection"): // net/http, before it has written
				refused++ // the old one ended in the midst of it
			default:
				t.Errorf("a request failed: %v", err)
			}
		}
	})
	for gen := 2; gen <= 6; gen++ {
		said := reload(t, dir)
		h.Serving(gen)
		number := "generation " + strconv.Itoa(gen)
		if said != number+" serves" && (gen > 2 || said != number+" runs") { // a boot that takes more than a second
			t.Fatalf("reload says %q", said)
		}
		unixAnswers(t, socket, gen)
		h.Drained(gen - 1)
		if gen == 2 {
			continue // nothing told that generation 1 was a server: it ended first
		}
		l := h.Wait("it is told", e2etest.Of("unix-socket", gen))
		if want := "wants the unix socket " + socket + " of generation " + strconv.Itoa(gen-1); !strings.Contains(l.Message, want) {
			t.Errorf("%q", l.Message)
		}
	}
	write(t, file, "setTimeout(() => { throw new Error('broken') }, 1500)")
	if l := h.Wait("the broken save fails", e2etest.Of("failed", 7)); l.Next != "keeps" {
		t.Errorf("%+v", l)
	}
	unixAnswers(t, socket, 6)
	close(stop)
	asking.Wait()
	t.Logf("%d answered, %d refused", answered, refused)
	if n := h.Count(is("failed")); n > 1 || answered == 0 {
		t.Errorf("%d generations failed, %d requests were answered", n, answered)
	}

	// One that is killed leaves its file, of which the next one would die as well.
	if p, err := unixPing(client); err != nil || syscall.Kill(p.Pid, syscall.SIGKILL) != nil {
		t.Fatal(p, err)
	}
	h.Wait("the crash", e2etest.Of("crashed", 6))
	write(t, file, unixServer+"// mended")
	l := h.Wait("the next one serves", func(l line) bool { return l.Event == "serving" && l.Gen > 7 })
	if v, err := unixVersion(client); err != nil || v < l.Gen {
		t.Errorf("generation %d answers (%v), want %d", v, err, l.Gen)
	}
}

// A server that has a port beside its unix socket keeps the port: nobody is refused
// there, whichever it opens first.
func TestNodeOnAPortAndAUnixSocket(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"socket port", "port socket"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			socket := filepath.Join(dir, "app.sock")
			write(t, filepath.Join(dir, "server.mjs"), unixServer)
			h := start(t, options{
				dir: dir, env: []string{"SOCKET=" + socket, "PORT=" + port, "ORDER=" + order}, args: []string{"--no-watch"}, command: []string{"node", "server.mjs"},
			})
			h.Serving(1)
			tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
			tr.answers("1", 20)
			for gen := 2; gen <= 3; gen++ {
				said := reload(t, dir)
				h.Serving(gen)
				if said != "generation "+strconv.Itoa(gen)+" serves" {
					t.Fatalf("reload says %q", said)
				}
				tr.answers(strconv.Itoa(gen), 20)
				h.Drained(gen - 1)
				unixAnswers(t, socket, gen)
			}
			tr.end()
		})
	}
}
