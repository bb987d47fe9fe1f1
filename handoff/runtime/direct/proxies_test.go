package direct

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A program keeps the commands that yarn puts first in PATH, and no variable names yarn's folder.
func TestCopyProxies(t *testing.T) {
	tmp := t.TempDir()
	outer, own, other := filepath.Join(tmp, "xfs-0a"), filepath.Join(tmp, "xfs-1b2c"), filepath.Join(tmp, "xfs-not")
	for _, dir := range []string{outer, own, other} {
		testkit.NoError(t, os.Mkdir(dir, 0o755))
	}
	testkit.NoError(t, os.WriteFile(filepath.Join(own, "node"), []byte("#!/bin/sh\nexec true\n"), 0o755))
	env := []string{"PATH=" + strings.Join([]string{own, outer, other}, ":"), "BERRY_BIN_FOLDER=" + own, "npm_execpath=" + own + "/yarn", "A=1"}
	start := func() *Start {
		return &Start{Launchers: []standby.Process{{Env: []string{"PATH=" + outer}}}, program: standby.Process{Env: env}, files: standby.FileStates{}}
	}
	s := start()
	testkit.NoError(t, s.copyProxies())
	to := s.program.Var("BERRY_BIN_FOLDER")
	want := []string{"PATH=" + strings.Join([]string{to, outer, other}, ":"), "BERRY_BIN_FOLDER=" + to, "npm_execpath=" + to + "/yarn", "A=1"}
	if to == own || !slices.Equal(s.program.Env, want) {
		t.Errorf("%q, want %q", s.program.Env, want)
	}
	if info, err := os.Stat(filepath.Join(to, "node")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	testkit.NoError(t, os.Truncate(filepath.Join(own, "node"), proxiesMost+1))
	if err := start().copyProxies(); err == nil || !strings.Contains(err.Error(), "no folder of yarn's") {
		t.Errorf("a large file: %v", err)
	}
	testkit.NoError(t, os.RemoveAll(own))
	if err := s.Valid(); err != nil {
		t.Errorf("without yarn's folder: %v", err)
	}
	testkit.NoError(t, os.RemoveAll(to))
	if err := s.Valid(); err == nil || !strings.Contains(err.Error(), to+" has changed") {
		t.Errorf("without the copy: %v", err)
	}
	if err := start().copyProxies(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("yarn has ended: %v", err)
	}
}
