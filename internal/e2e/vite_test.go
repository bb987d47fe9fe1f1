//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// A frontend's dev server beside the backend: the proxy of Vite finds the backend at any moment.
func TestViteBesideTheBackend(t *testing.T) {
	t.Parallel()
	source := filepath.Join(root, "internal/e2e/testdata/vite")
	install(t, source)
	dir, port, backend := t.TempDir(), freePort(t), freePort(t)
	for _, name := range []string{"backend.mjs", "version.mjs"} {
		copyFile(t, filepath.Join(source, name), filepath.Join(dir, name))
	}
	env := []string{"BACKEND=" + backend}
	vite := bare(t, source, env, "node", "node_modules/vite/bin/vite.js", "--host", "127.0.0.1", "--port", port, "--strictPort")
	reachable(t, "127.0.0.1:"+port)
	start(t, options{dir: dir, env: env, command: []string{"node", "backend.mjs"}}).Serving(1)
	kinds := []load.Kind{load.FreshGET(1), load.FreshPOST(1), load.KeepAliveGET(1), load.KeepAlivePOST(1)}
	tr := begin(t, kinds, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.Answers("1", 20)
	for v := 2; v <= 3; v++ {
		save(t, filepath.Join(dir, "version.mjs"), v)
		tr.Answers(strconv.Itoa(v), 20)
	}
	tr.end(t)
	if said := vite.Output(); strings.Contains(said, "proxy error") {
		t.Errorf("%.4000s", said)
	}
}
