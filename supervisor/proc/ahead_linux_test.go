package proc

import (
	"io"
	"testing"
)

// Nobody waits for a standby when hotswap is killed.
func TestAheadEndsWithHotswap(t *testing.T) {
	c, cmd, pids := playHotswap(t, "ahead", "tree", "catch", "ignore-term", "wait")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(c.out); err != nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
	for _, pid := range pids {
		ended(t, pid)
	}
}
