package main

import (
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

// The folder of temporary files is not watched, unless the project is in it.
func TestOwnFiles(t *testing.T) {
	root := t.TempDir()
	for in, want := range map[string]int{root + "/tmp": 1, root: 0, root + "/..": 0} {
		t.Setenv("TMPDIR", in)
		if own := own(root, ""); len(slices.DeleteFunc(own, func(p string) bool { return p != "tmp" && p != "." && p != ".." })) != want {
			t.Errorf("TMPDIR=%s: %q", in, own)
		}
	}
}
