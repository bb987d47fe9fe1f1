//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A Go program that hotswap has compiled hands each kept connection over between two requests, whatever its client
// sends, and whoever the client is; what is built without hotswap has nothing of the adapter.
func TestGoHandsConnectionsOver(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), testkit.FreePort(t)
	testkit.NoError(t, os.CopyFS(dir, os.DirFS("testdata/kept/go")))
	o := options{dir: dir, env: []string{"PORT=" + port}, args: append(words("-v --build"), "go build -o app ."),
		command: words("./app")}
	first := start(t, o) // what it builds may have no adapter yet
	first.Serving(1)
	if s := first.does("status"); !strings.Contains(s, "hands its") && !strings.Contains(s, "is compiled once") {
		t.Fatalf("there is no adapter for Go:\n%s", s)
	}
	first.Wait("net/http is compiled", func(l line) bool {
		return l.Event == "go-adapter" && strings.Contains(l.Message, "hands its")
	})
	first.does("stop")
	source := testkit.Must(os.ReadFile(filepath.Join(dir, "main.go")))(t)
	for _, where := range []string{"here", "another machine"} {
		t.Run(where, func(t *testing.T) {
			o, c := o, client{Address: "127.0.0.1:" + port, Kinds: append(neverPausing, keptKinds...), Exact: true}
			if where == "another machine" {
				var ours string
				c.netns, c.Local, ours = namespace(t)
				c.Address, o.env = ours+":"+port, append(o.env, "HOST="+ours)
			}
			testkit.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), source, 0o666))
			h := start(t, o)
			h.Serving(1)
			if text := testkit.Must(os.ReadFile(filepath.Join(dir, "app")))(t); !strings.Contains(string(text), "hotswap_") {
				t.Fatal("what hotswap has built has no adapter")
			}
			main := filepath.Join(dir, "main.go")
			const saves = 4
			k := underSaves(t, h, func(version int) {
				change(t, main, fmt.Sprintf("VERSION = %d", version-1), fmt.Sprintf("VERSION = %d", version))
			}, saves, c)
			if len(k.Old) > 0 || k.Cut > 0 {
				t.Error("connections were cut, or got old answers")
			}
			for version := 1; version <= saves; version++ {
				if l := h.drains(version); l.Busy || l.Moved == 0 {
					t.Errorf("version %d was told to stop amid answers, or nothing moved: %+v", version, l)
				}
			}
			h.does("stop")
		})
	}
}
