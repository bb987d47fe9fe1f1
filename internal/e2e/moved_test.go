//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// underSaves saves so many times under clients that ask, and returns what became of their requests.
func underSaves(t *testing.T, h *hotswap, save func(int), n int, c client) *keptTally {
	t.Helper()
	clients := c.begin(t)
	for version := 2; version <= n+1; version++ {
		time.Sleep(500 * time.Millisecond) // of traffic
		save(version)
		h.Serving(version)
	}
	for version := 1; version <= n; version++ {
		ended := regexp.MustCompile(fmt.Sprintf(`^generation %d (drained|ended|stopped|killed)`, version))
		h.Wait("the old version has ended", func(l line) bool { return ended.MatchString(l.Message) })
	}
	k := clients.ends(t)
	if len(k.Failed) > 0 || k.Newest != n+1 {
		t.Error("requests were lost, or were those of another client")
	}
	return k
}

var neverPausing = []keptKind{
	{Name: "GET", Never: true, Clients: 4}, {Name: "5 bytes", Body: []string{"hello"}, Never: true},
	{Name: "200 KB", Size: 200_000, Never: true}, {Name: "in parts", Body: []string{"hello", "hello"}, Never: true},
	{Name: "slow", Path: "/parts", Never: true}, {Name: "10 ms", Pause: 10 * time.Millisecond},
}

// Clients of another machine that never pause keep their connections and their addresses, get the new version as soon
// as the first of them, and lose nothing; also where no descriptor can be taken, as in a container with Docker's
// default profile.
func TestClientsOfAnotherMachineMove(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]options{"node": {}, "puma": {}, "gunicorn": {}, "uvicorn": forbiddenGetfd(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns, theirs, ours := namespace(t)
			p := keptServerOf(name)
			p.host, p.from = ours, from
			h, address, save := p.start(t)
			k := underSaves(t, h, save, 4, client{Address: address, Local: theirs, Kinds: neverPausing, Exact: true,
				netns: ns})
			if len(k.Old) > 0 || k.Cut > 0 {
				t.Error("connections were cut, or got old answers")
			}
		})
	}
}

// The address that a PROXY line tells is the client's for every generation.
func TestProxyLineStaysTrue(t *testing.T) {
	t.Parallel()
	p := keptServerOf("node")
	p.env = []string{"PROXY_LINE=1"}
	h, address, save := p.start(t)
	c := testkit.Dial(t, address)
	in := bufio.NewReader(c)
	fmt.Fprint(c, "PROXY TCP4 127.0.0.77 127.0.0.1 1234 80\r\n")
	save(2)
	for ends := false; !ends; { // the old version ends it, which cannot be handed over
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		res := testkit.Must(http.ReadResponse(in, nil))(t)
		_, _ = io.Copy(io.Discard, res.Body)
		if who := res.Header.Get("X-Client"); who != "127.0.0.77:1234" {
			t.Fatalf("the client has become %s", who)
		}
		ends = res.Close
	}
	h.Serving(2)
}

// A kept connection at a unix socket goes on at the new version, for which its client is who it was. Each generation's
// socket there has a name of its own.
func TestUnixConnectionsMove(t *testing.T) {
	t.Parallel()
	p, dir, socket := keptServerOf("node"), t.TempDir(), filepath.Join(t.TempDir(), "app.sock")
	testkit.NoError(t, os.CopyFS(dir, os.DirFS("testdata/kept")))
	h := start(t, options{dir: dir, env: []string{"SOCKET=" + socket}, command: p.command})
	h.Serving(1)
	here := client{Network: "unix", Address: socket}.begin(t)
	ask := func(path, until string) string {
		t.Helper()
		here.say(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		all := here.hears(t, until)
		_, body, _ := strings.Cut(all, "\r\n\r\n")
		return body
	}
	who := func() string { t.Helper(); return ask("/credentials", " 0\n") }
	before := who()
	k := underSaves(t, h, func(version int) {
		change(t, filepath.Join(dir, p.file), fmt.Sprintf("VERSION = %d", version-1),
			fmt.Sprintf("VERSION = %d", version))
		h.Serving(version)
		testkit.Eventually(t, func() error { // the old version may not have handed it over yet
			got, want := ask("/", "size 0"), fmt.Sprintf("version %d size 0", version)
			if t.Failed() {
				t.FailNow() // the connection has ended
			}
			if !strings.HasSuffix(got, want) {
				return fmt.Errorf("an idle connection answers %q, want %q", got, want)
			}
			return nil
		})
	}, 3, client{Network: "unix", Address: socket, Kinds: neverPausing, Exact: true})
	if len(k.Old) > 0 || k.Cut > 0 {
		t.Error("connections were cut, or got old answers")
	}
	if after := who(); after != before {
		t.Errorf("the client was %q and is %q", before, after)
	}
}

// A tunnel from before a save leads where it led, even if what it carries looks like a request.
func TestTunnelsStay(t *testing.T) {
	t.Parallel()
	backend := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { backend.Close() })
	go func() {
		for {
			conn, err := backend.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn) }()
		}
	}()
	p := keptServerOf("node")
	p.env = []string{fmt.Sprint("BACKEND=", backend.Addr().(*net.TCPAddr).Port)}
	h, address, save := p.start(t)
	const secret = "GET /secret HTTP/1.1\r\nHost: backend\r\nAuthorization: Bearer secret\r\n\r\n"
	var tunnels []*clientConn
	for _, head := range []string{
		"CONNECT backend:80 HTTP/1.1\r\nHost: backend:80\r\n\r\n",
		"GET /raw HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n",
	} {
		c := client{Address: address}.begin(t)
		c.say(t, head)
		c.hears(t, "\r\n\r\n")
		c.say(t, secret)
		c.hears(t, secret)
		tunnels = append(tunnels, c)
	}
	save(2)
	h.Wait("the old version drains", e2etest.Of("draining", 1))
	for range 3 {
		for _, c := range tunnels {
			c.say(t, secret)
			c.hears(t, secret)
		}
	}
}
