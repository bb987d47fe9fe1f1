package bun

import (
	"os/exec"
	"testing"
)

// The adapter's decisions need no Bun, so that Node can run them with a clock of the test's.
func TestServe(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no Node here")
	}
	if out, err := exec.CommandContext(t.Context(), node, "testdata/serve.test.cjs").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
