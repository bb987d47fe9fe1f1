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

// A Go program that hotswap has compiled hands each kept connection over between two requests, whatever its client sends, and whoever the
// client is; what is built without hotswap has nothing of the adapter.
func TestGoHandsConnectionsOver(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), testkit.FreePort(t)
	testkit.NoError(t, os.CopyFS(dir, os.DirFS("testdata/kept/go")))
	o := options{dir: dir, env: []string{"PORT=" + port}, args: append(words("-v --build"), "go build -o app ."), command: words("./app")}
	first := start(t, o) // what it builds may have no adapter yet
	first.Wait("net/http is compiled", func(l line) bool { return l.Event == "go-adapter" && strings.Contains(l.Message, "hands its") })
	first.Serving(1)
	first.does("stop")
	h := start(t, o)
	h.Serving(1)
	address := "127.0.0.1:" + port
	k := underSaves(t, h, func(version int) {
		change(t, filepath.Join(dir, "main.go"), fmt.Sprintf("VERSION = %d", version-1), fmt.Sprintf("VERSION = %d", version))
	}, swaps(), client{Address: address, Kinds: append(neverPausing, keptKinds...), Exact: true})
	if len(k.Old) > 0 || k.Cut > 0 {
		t.Error("connections were cut, or got old answers")
	}
	if text := testkit.Must(os.ReadFile(filepath.Join(dir, "app")))(t); !strings.Contains(string(text), "hotswap_") {
		t.Error("what hotswap has built has no adapter")
	}
	for version := 1; version <= swaps(); version++ {
		if l := h.drains(version); l.Busy || l.Moved == 0 {
			t.Errorf("version %d was told to stop amid answers, or nothing moved: %+v", version, l)
		}
	}
}
