//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// frontend is a Vite dev server, whose proxy points at a backend.
type frontend struct {
	t       *testing.T
	dir     string // of the project
	url     string
	backend string // its port
	vite    *testkit.Process
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
	f.vite = bare(t, f.dir, []string{"BACKEND=" + f.backend}, "node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", port, "--strictPort")
	reachable(t, "127.0.0.1:"+port)
	return f
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

// A frontend's dev server beside the backend: its proxy finds the backend at any moment.
func TestViteBesideTheBackend(t *testing.T) {
	saves := 5
	if full() {
		saves = 20
	}
	f := openFrontend(t)
	start(t, options{dir: f.dir, env: []string{"BACKEND=" + f.backend}, command: []string{"node", "backend.mjs"}}).Serving(1)
	stop := f.load()
	for v := 2; v <= saves+1; v++ {
		write(t, filepath.Join(f.dir, "version.mjs"), fmt.Sprintf("export const version = %d\n", v))
		testkit.Eventually(t, func() error {
			got, err := f.ask(context.Background(), http.MethodGet)
			if err == nil && got != v {
				err = fmt.Errorf("version %d answers, want %d", got, v)
			}
			return err
		})
	}
	stop()
	t.Logf("%d requests through Vite's proxy, failed %v", f.requests.Load(), f.failed)
	if said := f.vite.Output(); len(f.failed) > 0 || strings.Contains(said, "proxy error") {
		t.Errorf("the proxy failed: %v\n%.4000s", f.failed, said)
	}
}
