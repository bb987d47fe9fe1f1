//go:build linux

package e2e

import (
	"path/filepath"
	"testing"
)

// Programs that look for a port as npm packages do find that of the generation before. Before they serve there, they
// may serve addresses that they only try.
func TestNodeFindsItsPort(t *testing.T) {
	t.Parallel()
	for _, find := range []string{"wildcards", "child"} {
		t.Run(find, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "server.mjs"), program(t, "port/server.mjs"))
			write(t, filepath.Join(dir, "version.mjs"), program(t, "port/version.mjs"))
			h := start(t, options{dir: dir, env: []string{"FIND=" + find}, args: []string{"--probation", brief},
				command: words("node server.mjs")})
			reachable(t, h.addr())
			tr := h.load(getsOnly())
			tr.Answers("1", 20)
			for v := 2; v <= 3; v++ {
				save(t, filepath.Join(dir, "version.mjs"), v)
				tr.swapped(v)
			}
			if url := h.does("url"); url != "http://localhost:"+h.port {
				t.Errorf("hotswap url: %s, not port %s", url, h.port)
			}
			tr.end(t)
			h.killedNone()
		})
	}
}
