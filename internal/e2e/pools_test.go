//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// swaps is how many a test of pools makes: HOTSWAP_SWAPS says it, a hundred take
// five minutes.
func swaps(t *testing.T, usually int) int {
	n, err := strconv.Atoi(os.Getenv("HOTSWAP_SWAPS"))
	if err != nil {
		return usually
	}
	t.Logf("%d swaps", n)
	return n
}

// echoCluster is echoNode in two workers, to whom the primary hands connections. It
// tells them their version: a worker that is late may find the next one on disk.
var echoCluster = `
const cluster = require('cluster'), VERSION = require('./version.json').version
if (cluster.isPrimary) { cluster.fork({ VERSION }); cluster.fork({ VERSION }) } else {` +
	strings.Replace(echoNode, "require('./version.json')", "{ version: Number(process.env.VERSION) }", 1) + `}`

// Nobody loses a POST, whatever keeps the connections: undici's pools, Go's
// transport, which cannot repeat a body, node's agent and fetch, which reuse a
// connection before they have seen its end, and wrk, which writes ten requests at
// once. And all are moved on.
func TestNoPoolLosesAPost(t *testing.T) {
	t.Parallel()
	hono := func(t *testing.T) (string, string, []string) {
		dir := project(t, "hono-cdc")
		return dir, filepath.Join(dir, "src", "version.ts"), []string{"npm", "run", "dev"}
	}
	cluster := func(t *testing.T) (string, string, []string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
		write(t, filepath.Join(dir, "server.js"), echoCluster)
		return dir, filepath.Join(dir, "version.json"), []string{"node", "server.js"}
	}
	for name, program := range map[string]func(t *testing.T) (dir, version string, command []string){
		"hono through npm and tsx": hono, "cluster": cluster,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			dir, version, command := program(t)
			h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch"}, command: command})
			h.serving(1)
			node := beginNode(t, port, 3)
			undici := beginPipeline(t, port, 3)
			transport := beginTransport("http://127.0.0.1:"+port+"/echo", 3)
			wrk := beginWrk(t, port, 2)
			tr := begin(t, []load.Kind{load.FreshGET(2)}, load.ExampleChecks(), "127.0.0.1:"+port)
			n := swaps(t, 3)
			for v := 2; v <= n+1; v++ {
				tr.answers(strconv.Itoa(v-1), 20)
				save(t, version, v)
				h.signal(syscall.SIGHUP) // a save right after each start is taken for the program's own after a while
				h.serving(v)
			}
			tr.answers(strconv.Itoa(n+1), 20)
			h.drained(n)
			seen := node.end()
			for v := 1; v <= n+1; v++ {
				if v := strconv.Itoa(v); seen.Agent.Versions[v] == 0 || seen.Fetch.Versions[v] == 0 {
					t.Errorf("version %s: http.Agent met %v, fetch %v", v, seen.Agent.Versions, seen.Fetch.Versions)
				}
			}
			tallies := undici.end()
			tallies["Go's transport"] = transport.end()
			for name, tally := range tallies {
				tally.check(t, name, n+1)
			}
			wrk.end()
			tr.end()
			if n := h.count(func(l line) bool { return l.Event == "drained" && l.Killed }); n > 0 {
				t.Errorf("%d generations had to be killed", n)
			}
		})
	}
}

// poolTally is what a pool has seen.
type poolTally struct {
	OK               int
	Failed, Versions map[string]int
}

func (p *poolTally) check(t *testing.T, name string, versions int) {
	t.Helper()
	t.Logf("%s: %d", name, p.OK)
	if len(p.Failed) > 0 {
		t.Errorf("%s: failed %v", name, p.Failed)
	}
	if len(p.Versions) != versions {
		t.Errorf("%s met %d of %d versions: it is not moved on", name, len(p.Versions), versions)
	}
}

// pipeline are undici's pools, see testdata/node/pipeline.mjs.
type pipeline struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Closer
	out bytes.Buffer
}

func beginPipeline(t *testing.T, port string, workers int) *pipeline {
	t.Helper()
	dir := filepath.Join(root, "internal/e2e/testdata/node")
	install(t, dir)
	p := &pipeline{t: t, cmd: exec.Command("node", "pipeline.mjs", port, strconv.Itoa(workers))}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.out, os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.in.Close(); _ = p.cmd.Process.Kill() })
	return p
}

func (p *pipeline) end() map[string]*poolTally {
	p.t.Helper()
	_ = p.in.Close()
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatal(err)
	}
	var seen struct{ Single, Ten poolTally }
	if err := json.Unmarshal(p.out.Bytes(), &seen); err != nil {
		p.t.Fatalf("%v in %q", err, p.out.String())
	}
	return map[string]*poolTally{"undici": &seen.Single, "undici, ten at a time": &seen.Ten}
}

// transport is Go's, with bodies that it cannot send twice.
type transport struct {
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu   sync.Mutex // guards what follows
	seen poolTally
}

func beginTransport(url string, workers int) *transport {
	ctx, cancel := context.WithCancel(context.Background())
	p := &transport{cancel: cancel, seen: poolTally{Failed: map[string]int{}, Versions: map[string]int{}}}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers}, Timeout: patience}
	for w := range workers {
		p.workers.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				version, err := echo(client, url, fmt.Sprintf("go %d %d", w, n))
				p.note(version, err)
				time.Sleep(rand.N(2 * pace)) // a client's pace
			}
		})
	}
	return p
}

// echo posts a body of which there is only this one reader.
func echo(client *http.Client, url, body string) (version string, err error) {
	req, err := http.NewRequest(http.MethodPost, url, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return "", err
	}
	req.ContentLength = int64(len(body))
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Echo    string
		Version int
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return "", err
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || answer.Echo != body {
		return "", fmt.Errorf("echoed %q: %w", answer.Echo, err)
	}
	return strconv.Itoa(answer.Version), nil
}

func (p *transport) note(version string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.seen.Failed[err.Error()]++
		return
	}
	p.seen.OK++
	p.seen.Versions[version]++
}

func (p *transport) end() *poolTally {
	p.cancel()
	p.workers.Wait()
	return &p.seen
}

// wrk writes ten POSTs at once, and counts what it is not answered as errors of the
// socket.
type wrk struct {
	t   *testing.T
	cmd *exec.Cmd
	out bytes.Buffer
}

func beginWrk(t *testing.T, port string, connections int) *wrk {
	t.Helper()
	w := &wrk{t: t, cmd: exec.Command("wrk", "-t", "1", "-c", strconv.Itoa(connections), "-d", "1h", "--timeout", "1m",
		"-s", filepath.Join(root, "internal/e2e/testdata/pipeline.lua"), "http://127.0.0.1:"+port+"/echo")}
	w.cmd.Stdout, w.cmd.Stderr = &w.out, &w.out
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cmd.Process.Kill() })
	return w
}

var (
	wrkAnswers = regexp.MustCompile(`(\d+) requests in`)
	wrkErrors  = regexp.MustCompile(`(?m)^.*(Socket errors|Non-2xx).*$`)
)

func (w *wrk) end() {
	w.t.Helper()
	_ = w.cmd.Process.Signal(os.Interrupt)
	if err := w.cmd.Wait(); err != nil {
		w.t.Fatalf("wrk: %v\n%s", err, w.out.String())
	}
	n := wrkAnswers.FindStringSubmatch(w.out.String())
	if n == nil || n[1] == "0" {
		w.t.Fatalf("wrk said\n%s", w.out.String())
	}
	w.t.Logf("wrk, ten in one write: %s", n[1])
	if lost := wrkErrors.FindAllString(w.out.String(), -1); lost != nil {
		w.t.Errorf("wrk: %q", lost)
	}
}
