//go:build linux

package e2e

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// fleetBun returns the command of Bun, which examples/fleet installs.
func fleetBun() string { return filepath.Join(root, "examples/fleet/node_modules/.bin/bun") }

// bunProgram copies the servers for Bun, and returns Bun's command.
func bunProgram(t *testing.T) (dir, command string) {
	t.Helper()
	install(t, filepath.Join(root, "examples/fleet"))
	dir = t.TempDir()
	testkit.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join(root, "internal/e2e/testdata/bun"))))
	return dir, fleetBun()
}

// Every save of a Bun program is answered by a process that has waited, no request is lost, on
// kept connections neither, and every WebSocket is told to reconnect.
func TestBun(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"serve.ts", "http.ts"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			clients, saves := 20, 2
			dir, bun := bunProgram(t)
			h := start(t, options{dir: dir, args: []string{"--probation", brief}, command: []string{bun, file}})
			h.Serving(1)
			fixed := load.KeepAliveGET(2) // Bun.serve answers these without the program
			fixed.Name, fixed.Path = "fixed", "/static"
			tr := h.load(append(sixteen(), fixed))
			d := beginDuplex(t, "ws://"+h.addr()+"/feed", clients)
			d.at(1)
			for v := 2; v <= saves+1; v++ {
				tr.Answers(strconv.Itoa(v-1), 20)
				h.waits(v)
				save(t, filepath.Join(dir, "version.ts"), v)
				h.warm(v)
				d.at(v)
				h.drains(v - 1)
			}
			if c := tr.end(t).Closes; c.Announced == 0 {
				t.Errorf("no answer says that its connection ends: %+v", c)
			}
			s := d.end()
			if want := uint64(clients * saves); !maps.Equal(s.Closes, map[int]uint64{1012: want}) {
				t.Errorf("closes %v, want %d by 1012", s.Closes, want)
			}
			if !s.Echoes.Whole() || !s.Pushes.Whole() {
				t.Error("a message was lost, doubled or out of order on an open connection")
			}
		})
	}
}

// Event streams of EventSource end whole, after an event, whatever kind of body they have, and
// the program notices. Another client's stream goes on.
func TestBunEndsEventStreams(t *testing.T) {
	t.Parallel()
	dir, bun := bunProgram(t)
	linkModules(t, dir, "examples/hono-cdc")
	port, nodePort := freePort(t), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port, "NODE_PORT=" + nodePort},
		args:    []string{"--no-watch", "--no-warm", "--probation", "0", "--drain-timeout", "1h"},
		command: []string{bun, "events.ts"},
	})
	h.Serving(1)
	reachable(t, "127.0.0.1:"+port)
	reachable(t, "127.0.0.1:"+nodePort)
	streams := map[string]*bunStream{}
	for _, kind := range []string{"start", "signal", "pull", "direct", "generator", "transform", "fetch", "hono",
		"quiet", "half", "node"} {
		at := port
		if kind == "node" {
			at = nodePort
		}
		streams[kind] = openBunStream(t, "http://127.0.0.1:"+at+"/"+kind, "no-cache")
	}
	other := openBunStream(t, "http://127.0.0.1:"+port+"/start", "max-age=0")
	half := streams["half"]
	delete(streams, "half")
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	for kind, s := range streams {
		if text, err := s.rest(); err != nil || !strings.HasSuffix("\n\n"+text, "\n\n") {
			t.Errorf("%s ends by %q, %v", kind, text[max(0, len(text)-20):], err)
		}
	}
	write(t, filepath.Join(dir, "rest"), "")
	if text, err := half.rest(); err != nil || text != "\ndata: 1\n\n" {
		t.Errorf("half an event ends by %q, %v", text, err)
	}
	for event := ""; event != "data: rest\n"; {
		var err error
		event, err = other.next()
		if err != nil {
			t.Fatalf("the stream of a client that is no EventSource has ended: %v", err)
		}
	}
	other.close()
	h.drains(1)
	b, err := os.ReadFile(filepath.Join(dir, "noticed"))
	got := strings.Fields(string(b))
	slices.Sort(got)
	if want := []string{"direct", "generator", "half", "hono", "node", "node", "pull", "quiet", "signal", "start",
		"start", "transform"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the program has noticed %q, %v; want %q", got, err, want)
	}
}

// bunStream is an event stream of events.ts whose first event has arrived.
type bunStream struct {
	t     *testing.T
	r     *bufio.Reader
	close func()
}

func openBunStream(t *testing.T, url, cached string) *bunStream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	req := testkit.Must(http.NewRequestWithContext(ctx, http.MethodGet, url, nil))(t)
	req.Header = http.Header{"Accept": {"text/event-stream"}, "Cache-Control": {cached}}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	res := testkit.Must(transport.RoundTrip(req))(t)
	s := &bunStream{t, bufio.NewReader(res.Body), func() { cancel(); _ = res.Body.Close() }}
	if event, err := s.next(); err != nil || event != "data: 1\n" {
		t.Fatalf("%s begins by %q, %v", url, event, err)
	}
	return s
}

// next reads an event's line. The empty line that ends the event is read by the next call.
func (s *bunStream) next() (line string, err error) {
	for line = "\n"; line == "\n" && err == nil; {
		line, err = s.r.ReadString('\n')
	}
	return line, err
}

// rest reads until the end of the answer. The error is nil if the answer is whole.
func (s *bunStream) rest() (string, error) {
	b, err := io.ReadAll(s.r)
	return string(b), err
}

// A program sees nothing of the adapter, cold and as a standby that was adopted, and what the
// user preloads runs.
func TestBunSeesNothing(t *testing.T) {
	t.Parallel()
	dir, bun := bunProgram(t)
	port := freePort(t)
	env, command := []string{"PORT=" + port, "BUN_OPTIONS=--smol"}, []string{bun, "-r", "./setup.ts", "facts.ts",
		"an argument"}
	p := bare(t, dir, env, command...)
	reachable(t, "127.0.0.1:"+port)
	want := ping(port)
	p.Kill()
	if !strings.Contains(want, `"setup":"ran"`) || !strings.Contains(want, "--smol") {
		t.Fatalf("the program sees %s", want)
	}
	h := start(t, options{dir: dir, env: env, command: command})
	h.Serving(1)
	for gen, how := range []string{"cold", "as a standby"} {
		if gen == 1 {
			h.waits(2)
			save(t, filepath.Join(dir, "version.ts"), 2)
			h.warm(2)
		}
		if got := ping(port); got != want {
			t.Errorf("%s it sees %s\nwithout hotswap %s", how, got, want)
		}
	}
}

// The package works in Bun, which ends when the program has nothing left to do.
func TestPackageInBun(t *testing.T) {
	t.Parallel()
	install(t, filepath.Join(root, "examples/fleet"))
	program := []string{fleetBun(), filepath.Join(root, "internal/e2e/testdata/state/runtime.mjs"),
		filepath.Join(root, "clients/node/index.mjs")}
	for how, command := range map[string][]string{"in memory": program,
		"below hotswap": append([]string{binary, "--no-watch", "--"}, program...)} {
		if out, err := exec.Command(command[0], command[1:]...).Output(); err != nil || string(out) != "all is well\n" {
			t.Errorf("%s: %v\n%s", how, err, out)
		}
	}
}
