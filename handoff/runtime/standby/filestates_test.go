package standby

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestFreshFolder(t *testing.T) {
	dir := t.TempDir()
	s := FileStates{}
	s.TakeRead(dir, filepath.Join(dir, "missing"))
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "saved.ts"), nil, 0o644))
	if got := s.Changed(); len(got) > 0 {
		t.Errorf("a save in a folder: %s", got)
	}
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "missing"), nil, 0o644))
	if got := s.Changed(); len(got) != 1 || got[0] != filepath.Join(dir, "missing") {
		t.Errorf("a file that has come: %q", got)
	}
	_ = os.RemoveAll(dir)
	if got := s.Changed(); len(got) == 0 {
		t.Error("a folder that has gone")
	}
}
