//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// activator has a socket, and starts hotswap for it, as systemd does. It goes on
// having it.
type activator struct {
	*net.TCPListener
	t    *testing.T
	port string
}

func newActivator(t *testing.T) *activator {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(t.Context(), "tcp4", "127.0.0.1:"+freePort(t))
	testkit.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return &activator{l.(*net.TCPListener), t, port}
}

// start runs a hotswap that is passed the socket, by a shell that sets LISTEN_PID to its own process id and becomes
// hotswap.
func (a *activator) start(o options) *hotswap {
	a.t.Helper()
	f, err := a.File()
	testkit.NoError(a.t, err)
	defer f.Close()
	o.binary, o.wrap = "sh", []string{"-c", `LISTEN_PID=$$ exec "$0" "$@"`, binary}
	o.files = []*os.File{f}
	o.env = append(o.env, "LISTEN_FDS=1", "LISTEN_FDNAMES=web", "PORT="+a.port)
	return start(a.t, o)
}

// pong is a GET's answer.
type pong struct{ Version, Pid int }

func pingedBy(c *http.Client, url string) (p pong, err error) {
	res, err := c.Get(url)
	if err != nil {
		return p, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return p, fmt.Errorf("status %d", res.StatusCode)
	}
	return p, json.NewDecoder(res.Body).Decode(&p)
}

// answered waits until a version answers.
func answered(t testing.TB, c *http.Client, url string, version int) (p pong) {
	t.Helper()
	testkit.Eventually(t, func() (err error) {
		p, err = pingedBy(c, url)
		if err == nil && p.Version != version {
			err = fmt.Errorf("version %d answers, want %d", p.Version, version)
		}
		return err
	})
	return p
}

// An unmodified program below a socket activator: who came before the boot is
// answered; swaps, an upgrade and a restart of hotswap lose nothing.
func TestSocketActivator(t *testing.T) {
	t.Parallel()
	a, dir := newActivator(t), nodeProject(t, "")
	early := testkit.Dial(t, a.Addr().String())
	fmt.Fprintf(early, "GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	o := options{dir: dir, args: []string{"--probation", brief}, command: []string{"node", "server.js"}}
	h := a.start(o)
	h.Serving(1)
	if b, err := io.ReadAll(early); err != nil || !strings.Contains(string(b), `"pong":true`) {
		t.Errorf("who came before the boot gets %q, %v", b, err)
	}
	if l := h.Wait("the activator's socket", is("activated")); !strings.Contains(l.Endpoints, a.port) {
		t.Errorf("%+v", l)
	}
	tr := h.load(sixteen())
	tr.Answers("1", 20)
	for v := 2; v <= 3; v++ {
		save(t, filepath.Join(dir, "version.json"), v)
		tr.swapped(v)
	}
	h.upgradeSelf(1)
	h.Serving(4)
	h.Drained(3)
	save(t, filepath.Join(dir, "version.json"), 5)
	tr.swapped(5)

	// As `systemctl restart` does: the socket stays, and clients wait in it.
	processes := below(t, h.pid())
	h.signal(syscall.SIGTERM)
	h.Drained(5)
	h.child.gone(t)
	ended(t, processes)
	write(t, filepath.Join(dir, "version.json"), `{"version":7}`)
	h = a.start(o)
	h.Serving(1)
	tr.Answers("7", 20)
	tr.end(t)
	h.signal(syscall.SIGTERM)
	h.exits(0)
}

// opened has the descriptors of a process.
func opened(pid int) string {
	var out strings.Builder
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		to, _ := os.Readlink(filepath.Join(dir, e.Name()))
		fmt.Fprintln(&out, e.Name(), to)
	}
	return out.String()
}
