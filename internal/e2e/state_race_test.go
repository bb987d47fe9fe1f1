//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// stateClients are programs that use each client; see testdata/state/bench.mjs.
var stateClients = map[string]func(t testing.TB) (dir string, command []string){
	"node": func(t testing.TB) (string, []string) {
		dir := project(t, "state/node")
		b, err := os.ReadFile(filepath.Join(root, "internal/e2e/testdata/state/bench.mjs"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "bench.mjs"), string(b))
		return dir, []string{"node", "bench.mjs"}
	},
	"go": func(t testing.TB) (string, []string) {
		program := filepath.Join(t.TempDir(), "bench")
		if err := e2etest.Build(program, "./internal/e2e/testdata/state/bench", nil); err != nil {
			t.Fatal(err)
		}
		return filepath.Dir(program), []string{program}
	},
	"python": func(t testing.TB) (string, []string) {
		dir := t.TempDir()
		withModule(t, dir)
		b, err := os.ReadFile(filepath.Join(root, "internal/e2e/testdata/state/bench.py"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "bench.py"), string(b))
		return dir, []string{"python3", "-B", "bench.py"}
	},
}

// fetches runs a program below hotswap and decodes what it writes into its file.
func fetches(t testing.TB, client string, into any, words ...string) {
	t.Helper()
	dir, command := stateClients[client](t)
	out := filepath.Join(t.TempDir(), "out")
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--exit-on-crash"}, command: append(append(command, out), words...)})
	testkit.Eventually(t, func() error {
		b, err := os.ReadFile(out)
		if err == nil {
			return json.Unmarshal(b, into)
		}
		select {
		case <-h.Done:
			t.Fatal("it has ended")
		default:
		}
		return err
	})
}

// Eight processes define the same thousand keys at once: each initializer runs once.
func TestProcessesRaceToDefine(t *testing.T) {
	t.Parallel()
	for client := range stateClients {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			var got struct {
				MS         float64
				Keys, More int
			}
			fetches(t, client, &got, "race", "1000")
			if got.Keys != 1000 || got.More > 0 {
				t.Errorf("%d keys were made, %d of them more than once", got.Keys, got.More)
			}
			t.Logf("8 processes, 1,000 keys: %.0f ms", got.MS)
		})
	}
}
