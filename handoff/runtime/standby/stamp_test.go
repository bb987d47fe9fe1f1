package standby

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFreshFolder(t *testing.T) {
	dir := t.TempDir()
	s := Stamps{}
	s.TakeRead(dir, filepath.Join(dir, "missing"))
	if err := os.WriteFile(filepath.Join(dir, "saved.ts"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := s.changed(); got != "" {
		t.Errorf("a save in a folder: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "missing"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := s.changed(); got != filepath.Join(dir, "missing") {
		t.Errorf("a file that has come: %q", got)
	}
	_ = os.RemoveAll(dir)
	if got := s.changed(); got == "" {
		t.Error("a folder that has gone")
	}
}
