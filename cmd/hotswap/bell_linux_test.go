package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The terminal rings for a save that has failed, if hotswap.yaml says so.
func TestBell(t *testing.T) {
	t.Parallel()
	for _, bell := range []string{"true", "false"} {
		cmd := asHotswap(t)
		cmd.Dir = t.TempDir()
		testkit.Write(t, filepath.Join(cmd.Dir, "hotswap.yaml"), "command: exit 3\nbell: "+bell+"\n")
		c := testkit.StartTerminal(t, cmd)
		c.Sees("generation 1 failed")
		c.Type("q")
		c.Ends(0)
		if rings := strings.Contains(c.Output(), "\a"); rings != (bell == "true") {
			t.Errorf("bell: %s: %v, in\n%q", bell, rings, c.Output())
		}
	}
}
