//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// frontend is a Vite dev server, whose proxy points at a backend.
type frontend struct {
	t       *testing.T
	dir     string // of the project
	url     string
	backend string // its port
	output  string // file of Vite's lines
	client  *http.Client

	requests atomic.Int64
	mu       sync.Mutex     // guards failed
	failed   map[string]int // by what came instead of an answer
}

func openFrontend(t *testing.T) *frontend {
	t.Helper()
	source := filepath.Join(root, "internal/e2e/testdata/vite")
	install(t, source)
	f := &frontend{t: t, dir: t.TempDir(), backend: freePort(t), failed: map[string]int{},
		client: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	for _, name := range []string{"index.html", "vite.config.js", "backend.mjs", "version.mjs", "package.json"} {
		b, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(f.dir, name), string(b))
	}
	if err := os.Symlink(filepath.Join(source, "node_modules"), filepath.Join(f.dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	f.url = "http://127.0.0.1:" + port
	f.output = f.run("node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", port, "--strictPort")
	reachable(t, "127.0.0.1:"+port)
	return f
}

// run starts a program of the project, which ends with the test, and returns the file of
// its output.
func (f *frontend) run(command ...string) (output string) {
	f.t.Helper()
	out, err := os.CreateTemp(f.t.TempDir(), "output")
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = f.dir, append(os.Environ(), "BACKEND="+f.backend)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		if f.t.Failed() {
			b, _ := os.ReadFile(out.Name())
			f.t.Logf("%v said:\n%.4000s", command, b)
		}
	})
	return out.Name()
}

// ask sends a request through the proxy and returns the version that answered.
func (f *frontend) ask(ctx context.Context, method string) (version int, err error) {
	req, err := http.NewRequestWithContext(ctx, method, f.url+"/api/version", strings.NewReader(strings.Repeat("x", 100)))
	if err != nil {
		return 0, err
	}
	res, err := f.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %d", res.StatusCode)
	}
	var answer struct{ Version int }
	err = json.Unmarshal(b, &answer)
	return answer.Version, err
}

// load asks all the time, as the pages of a frontend do, until stop is called.
func (f *frontend) load() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for i := range 4 {
		method := []string{http.MethodGet, http.MethodPost}[i%2]
		clients.Go(func() {
			for ctx.Err() == nil {
				_, err := f.ask(context.Background(), method)
				f.requests.Add(1)
				if err != nil {
					f.mu.Lock()
					f.failed[err.Error()]++
					f.mu.Unlock()
				}
				time.Sleep(20 * time.Millisecond) // a pace, so that Vite has time for all
			}
		})
	}
	return func() { cancel(); clients.Wait() }
}

// saves changes the version as often, each time after the one before has answered, and
// returns how many never answered.
func (f *frontend) saves(n int, within time.Duration) (lost int) {
	f.t.Helper()
	for v := 2; v <= n+1; v++ {
		// In place, because Node's own watcher loses a file that another one replaces.
		if err := os.WriteFile(filepath.Join(f.dir, "version.mjs"), fmt.Appendf(nil, "export const version = %d\n", v), 0o644); err != nil {
			f.t.Fatal(err)
		}
		for deadline := time.Now().Add(within); ; time.Sleep(5 * time.Millisecond) {
			if got, err := f.ask(context.Background(), http.MethodGet); err == nil && got == v {
				break
			}
			if time.Now().After(deadline) {
				lost++
				break
			}
		}
	}
	return lost
}

// A frontend's dev server beside the backend: its proxy finds the backend at any moment.
// The watchers of Node and tsx are measured in the same run.
func TestViteBesideTheBackend(t *testing.T) {
	saves := 5
	if full() {
		saves = 20
	}
	for _, c := range []struct {
		name  string
		begin func(f *frontend)
	}{
		{"hotswap", func(f *frontend) {
			start(f.t, options{dir: f.dir, env: []string{"BACKEND=" + f.backend}, command: []string{"node", "backend.mjs"}}).Serving(1)
		}},
		{"node --watch", func(f *frontend) { f.run("node", "--watch", "backend.mjs") }},
		{"tsx watch", func(f *frontend) {
			f.run("node", "node_modules/tsx/dist/cli.mjs", "watch", "--clear-screen=false", "backend.mjs")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name != "hotswap" && !full() {
				t.Skip("a measurement of others")
			}
			f := openFrontend(t)
			c.begin(f)
			reachable(t, "127.0.0.1:"+f.backend)
			n, within := saves, 10*time.Second
			if c.name == "hotswap" {
				within = patience
			}
			stop := f.load()
			lost := f.saves(n, within)
			stop()
			said, err := os.ReadFile(f.output)
			if err != nil {
				t.Fatal(err)
			}
			refused := strings.Count(string(said), "ECONNREFUSED")
			t.Logf("%s: %d saves, %d without effect; %d requests through Vite's proxy, failed %v; Vite printed ECONNREFUSED %d times", c.name, n, lost, f.requests.Load(), f.failed, refused)
			if c.name == "hotswap" && (lost > 0 || len(f.failed) > 0 || strings.Contains(string(said), "proxy error")) {
				t.Errorf("the proxy failed:\n%.4000s", said)
			}
		})
	}
}
