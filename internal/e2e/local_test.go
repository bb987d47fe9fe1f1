//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// One value for each process survives that all modules are made anew amid requests: by Vite, below hotswap; by Node alone, in
// production.
func TestLocalSurvivesNewModules(t *testing.T) {
	t.Parallel()
	vite := filepath.Join(root, "internal/e2e/testdata/vite")
	install(t, vite)
	dir, port := t.TempDir(), freePort(t)
	modules := filepath.Join(dir, "node_modules")
	for to, from := range map[string]string{dir: filepath.Join(root, "internal/e2e/testdata/local"), filepath.Join(modules, "hotswap-dev"): filepath.Join(root, "clients/node")} {
		testkit.NoError(t, os.CopyFS(to, os.DirFS(from)))
	}
	testkit.NoError(t, os.Symlink(filepath.Join(vite, "node_modules/vite"), filepath.Join(modules, "vite")))
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"node", "server.mjs"}})
	h.Serving(1)
	askLocal(t, port, 1)
	save(t, filepath.Join(dir, "version.mjs"), 2)
	h.Wait("version 2 serves", e2etest.Of("serving", 2))
	askLocal(t, port, 2)

	port = freePort(t)
	bare(t, dir, []string{"PORT=" + port, "LOAD=node", "NODE_ENV=production"}, "node", "server.mjs")
	reachable(t, "127.0.0.1:"+port)
	askLocal(t, port, 2)
}

// askLocal asks several times at once.
func askLocal(t *testing.T, port string, version int) {
	t.Helper()
	const asks = 20
	var all sync.WaitGroup
	for n := range asks {
		all.Go(func() {
			var got struct {
				Version, Made, Evaluated int
				URL                      string
			}
			text := get(fmt.Sprintf("http://127.0.0.1:%s/%d", port, n))
			if err := json.Unmarshal([]byte(text), &got); err != nil || got.Version != version || got.Made != 1 || got.Evaluated < 2 || got.URL != "/"+strconv.Itoa(n) {
				t.Errorf("request %d: %v, %.500s", n, err, text)
			}
		})
	}
	all.Wait()
}
