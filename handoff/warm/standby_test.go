//go:build unix

package warm

import (
	"errors"
	"os"
	"testing"
)

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	s, err := newStandby(dir, Order{})
	if err != nil {
		t.Fatal(err)
	}
	sweep(dir)
	if _, err := os.Stat(s.dir); err != nil {
		t.Errorf("one that is in use: %v", err)
	}
	_ = s.up.Close()
	sweep(dir)
	if _, err := os.Stat(s.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("one that was left: %v", err)
	}
	_ = s.down.Close()
}
