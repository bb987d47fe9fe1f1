package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// A script may add --permission to NODE_OPTIONS, behind the adapter: newer Nodes start.
func TestBarred(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	b, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, tt := range []struct {
		name, options string
		want          bool
	}{{"node", "--require /c/adapter.cjs --permission", true}, {"node", "--require /c/adapter.cjs", false}, {"python3", "--permission", false}} {
		program := filepath.Join(dir, tt.name)
		if err := os.WriteFile(program, b, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, "1000")
		cmd.Env = []string{"A=1", "NODE_OPTIONS=" + tt.options}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		g := begin(t, cmd.Process.Pid)
		for runs := false; !runs; runtime.Gosched() {
			g.a.mu.Lock()
			runs = g.a.tree != nil
			g.a.mu.Unlock()
		}
		if pid := g.a.Restricted(); (pid == cmd.Process.Pid) != tt.want {
			t.Errorf("%s, %s: %d", tt.name, tt.options, pid)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}
