package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

const patience = testkit.Patience

// What hotswap unpacks in a folder of the project is no change; what others put there is one.
func TestOwnFiles(t *testing.T) {
	root := filepath.Join(t.TempDir(), "hotswap-run-1")
	for _, tmp := range []string{root + "/t", root, filepath.Dir(root)} {
		t.Setenv("TMPDIR", tmp)
		r := testkit.Must(rules.New(rules.Config{Root: root, Roots: []string{root}, Ignore: own(root, ""),
			Command: []string{"node"}}))(t)
		if r.Counts(fmt.Sprintf("%s/hotswap-node-%d/a.js", tmp, os.Geteuid())) || !r.Counts(root+"/t/a.js") {
			t.Errorf("TMPDIR=%s: %q", tmp, own(root, ""))
		}
	}
}
