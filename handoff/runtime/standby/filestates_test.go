package standby

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestFreshFolder(t *testing.T) {
	dir := t.TempDir()
	s := FileStates{}
	s.take(dir, true)
	s.take(filepath.Join(dir, "missing"), true)
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "saved.ts"), nil, 0o644))
	testkit.NoError(t, s.Validate(nil)) // a save in a folder
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "missing"), nil, 0o644))
	if err := s.Validate(nil); err == nil || !strings.Contains(err.Error(), "missing has changed") {
		t.Errorf("a file that has come: %v", err)
	}
	delete(s, filepath.Join(dir, "missing"))
	_ = os.RemoveAll(dir)
	if s.Validate(nil) == nil {
		t.Error("a folder that has gone")
	}
}
