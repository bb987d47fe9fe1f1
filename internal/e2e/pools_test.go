//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

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

// Nobody loses a POST, whatever keeps the connections: undici's pools, of which one
// writes ten requests at once, and node's agent and fetch, which reuse a connection
// before they have seen its end. And all are moved on.
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
			for name, tally := range undici.end() {
				tally.check(t, name, n+1)
			}
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
