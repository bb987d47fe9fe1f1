//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// freshClients ask on connections of their own, half of them by POST and without a retry.
type freshClients struct {
	stop    chan struct{}
	ended   sync.WaitGroup
	mu      sync.Mutex // guards what follows
	newest  int
	since   time.Time // when the newest version answered first
	asked   int
	failed  []string
	old     int // answers of an older version that were asked for later than late after the first of a newer one
	longest time.Duration
}

const late = 100 * time.Millisecond

func beginFresh(t *testing.T, url string, clients int) *freshClients {
	t.Helper()
	f := &freshClients{stop: make(chan struct{})}
	transport := &http.Transport{DisableKeepAlives: true}
	for i := range clients {
		f.ended.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-f.stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				method, body := http.MethodGet, ""
				if (i+n)%2 == 0 {
					method, body = http.MethodPost, "hello"
				}
				f.ask(&http.Client{Transport: transport, Timeout: 10 * time.Second}, method, url, body)
			}
		})
	}
	return f
}

func (f *freshClients) ask(c *http.Client, method, url, body string) {
	began := time.Now()
	req, _ := http.NewRequest(method, url, io.NopCloser(strings.NewReader(body))) // without GetBody nothing is sent again
	req.ContentLength = int64(len(body))
	res, err := c.Do(req)
	text, version, size := "", 0, -1
	if err == nil {
		var b []byte
		b, err = io.ReadAll(res.Body)
		res.Body.Close()
		text = string(b)
	}
	if err == nil {
		if _, err = fmt.Sscanf(text, "version %d size %d", &version, &size); err == nil && size != len(body) {
			err = fmt.Errorf("an answer to another request: %q", text)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	f.longest = max(f.longest, time.Since(began))
	switch {
	case err != nil:
		f.failed = append(f.failed, err.Error())
	case version > f.newest:
		f.newest, f.since = version, time.Now()
	case version < f.newest && began.After(f.since.Add(late)):
		f.old++
	}
}

// ends demands that no request has failed, and that none got an old answer.
func (f *freshClients) ends(t *testing.T, newest int) {
	t.Helper()
	close(f.stop)
	f.ended.Wait()
	t.Logf("fresh: %d asked, %d failed, %d old, longest %v", f.asked, len(f.failed), f.old, f.longest)
	if len(f.failed) > 0 || f.old > 0 || f.newest != newest {
		t.Errorf("failed %q, %d old, newest %d, want %d", f.failed[:min(len(f.failed), 5)], f.old, f.newest, newest)
	}
}

// heldServers are servers that ask hotswap for their sockets. Python's own keeps no connection.
var heldServers = []keptServer{
	keptServers[3], keptServers[5], keptServers[0],
	{name: "http.server", file: "plain.py", command: words("python3 plain.py"), needs: words("python3 --version")},
}

// Without interception, Node and Python servers are replaced as with it: whoever keeps a connection, and whoever opens
// one, loses nothing and gets nothing old.
func TestHeldSocketsLoseNothing(t *testing.T) {
	t.Parallel()
	last := enough(4, 3)
	for _, p := range heldServers {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "cluster" || p.name == "http.server")
			p.args = words("--interception never --probation 1s")
			h, address, save := p.start(t)
			end := heldClients(t, p.name, address)
			for version := 2; version <= last; version++ {
				time.Sleep(time.Second) // of traffic
				save(version)
				h.Serving(version)
				h.drains(version - 1)
			}
			time.Sleep(500 * time.Millisecond) // of traffic
			end(last)
			if n := h.Count(is("unshared")); n > 0 {
				t.Error("generations took turns")
			}
		})
	}
}

// heldClients begins clients that keep their connections, if the server does, and others. They must lose nothing.
func heldClients(t *testing.T, name, address string) (end func(newest int)) {
	t.Helper()
	if name == "http.server" {
		fresh := beginFresh(t, "http://"+address+"/", 4)
		return func(newest int) { fresh.ends(t, newest) }
	}
	return bothClients(t, client{Address: address, Kinds: keptKinds})
}

// bothClients begins clients that keep their connections, and others.
func bothClients(t *testing.T, c client) (end func(newest int)) {
	t.Helper()
	fresh, kept := beginFresh(t, "http://"+c.Address+"/", 4), c.begin(t)
	return func(newest int) {
		t.Helper()
		fresh.ends(t, newest)
		tally := kept.ends(t)
		if len(tally.Failed)+len(tally.Old) > 0 || tally.Newest != newest {
			t.Error("requests on kept connections failed, or got an old answer")
		}
	}
}

// In a hotswap that intercepts, another one cannot: it holds the sockets.
func TestHotswapInsideHotswapLosesNothing(t *testing.T) {
	t.Parallel()
	for _, p := range []keptServer{heldServers[0], heldServers[2]} {
		t.Run(p.name, func(t *testing.T) {
			spare(t, p.name == "uvicorn")
			p.args = words("--no-watch")
			p.command = append(words(binary+" --probation 1s --"), p.command...)
			h, address, save := p.start(t)
			end := heldClients(t, p.name, address)
			for version := 2; version <= 3; version++ {
				time.Sleep(time.Second) // of traffic
				save(version)
				testkit.Eventually(t, func() error {
					if text := get("http://" + address); !strings.HasPrefix(text, fmt.Sprintf("version %d ", version)) {
						return errors.New(text)
					}
					return nil
				})
			}
			time.Sleep(time.Second) // of traffic
			end(3)
			h.killedNone()
		})
	}
}

// Where the kernel shows hotswap no connection, as in a sandbox or on macOS, the adapters alone know what is under way. Whoever waits for a
// slow answer at a save loses nothing.
func TestAdaptersDrainAlone(t *testing.T) {
	t.Parallel()
	node := keptServer{file: "server.js", command: words("node server.js"), needs: words("node --version")}
	sandbox := forbiddenGetfd(t)
	sandbox.env = words(forbidEnv + "=netlink")
	last := enough(6, 3)
	for name, c := range map[string]struct {
		server keptServer
		args   []string
		env    []string
		from   options
		stay   bool // connections do, because something reads a line before Node's parser does
	}{
		"node":                {heldServers[0], nil, nil, sandbox, false},
		"cluster":             {heldServers[1], words("--ready log:both"), nil, sandbox, false},
		"uvicorn":             {heldServers[2], nil, nil, sandbox, false},
		"node of macOS":       {heldServers[0], nil, words("PLATFORM=darwin"), sandbox, false},
		"uvicorn of macOS":    {heldServers[2], nil, words("PLATFORM=darwin"), sandbox, false},
		"node, nothing moves": {node, nil, words("PROXY_LINE=1"), sandbox, true},
		"node, one by one":    {node, words("--strategy stop-first"), nil, sandbox, false},
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, c.env == nil || c.stay) // those of macOS also have other system calls
			p := c.server
			p.args, p.env, p.from = append(words("--interception never --probation 50ms"), c.args...), c.env, c.from
			h, address, save := p.start(t)
			fresh := beginFresh(t, "http://"+address+"/", 2)
			slow := beginFresh(t, "http://"+address+"/slow", 4)
			kept := client{Address: address, Kinds: []keptKind{
				{Name: "10 ms", Pause: 10 * time.Millisecond},
				{Name: "100 ms", Pause: 100 * time.Millisecond},
				{Name: "slow", Path: "/slow", Pause: 10 * time.Millisecond, Clients: 4},
				{Name: "slow, later", Path: "/slow", Pause: 200 * time.Millisecond, Clients: 4},
				{Name: "answer in parts", Path: "/parts", Pause: 10 * time.Millisecond},
			}}.begin(t)
			for version := 2; version <= last; version++ {
				time.Sleep(500 * time.Millisecond) // of traffic
				save(version)
				h.Serving(version)
				h.drains(version - 1)
			}
			time.Sleep(500 * time.Millisecond) // of traffic
			fresh.ends(t, last)
			slow.ends(t, last)
			if tally := kept.ends(t); len(tally.Failed)+len(tally.Old) > 0 || tally.Newest != last || !c.stay && tally.Moved != last {
				t.Error("requests on kept connections failed, or got an old answer, or no connection moved")
			}
			h.killedNone()
			if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 {
				t.Errorf("%d generations were stopped while they were busy", n)
			}
		})
	}
}
