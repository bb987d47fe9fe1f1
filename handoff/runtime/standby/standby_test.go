//go:build unix

package standby

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// standing makes a standby whose processes say these lines.
func standing(t *testing.T, b *History, lines ...string) (*Standby, error) {
	t.Helper()
	s, err := b.Prepare(&handoff.Launch{}, Spec{Variable: "HOLD", Files: FileStates{}, Settings: func() FileStates { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.up.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if !strings.Contains(lines[len(lines)-1], "ready") {
		cancel() // it is asked for before it waits
	}
	return s, s.Ready(ctx)
}

// One that is wanted while it still loads may have read by then what the one before
// has read.
func TestReadBeforeItWaits(t *testing.T) {
	b := NewHistory(scratch.In(t.TempDir()))
	path := filepath.Join(t.TempDir(), "default.json")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("1")
	read := fmt.Sprintf(`{"type":"read","file":%q}`, path)
	long := time.Now().Add(-time.Hour)
	_ = os.Chtimes(path, long, long)
	first, err := standing(t, b, `{"type":"held"}`, read, `{"type":"ready"}`)
	if err := errors.Join(err, first.Validate()); err != nil {
		t.Fatal(err)
	}
	second, err := standing(t, b, `{"type":"held"}`)
	if err == nil {
		t.Fatal("it does not wait yet")
	}
	if err := second.Validate(); err != nil {
		t.Errorf("nothing has changed: %v", err)
	}
	write("22")
	for _, s := range []*Standby{first, second} {
		if s.Validate() == nil {
			t.Error("a changed file is not noticed")
		}
	}
	unobserved := func(s *Standby) bool {
		_, err := os.Stat(filepath.Join(s.dir, "proven"))
		return err == nil
	}
	third, err := standing(t, b, `{"type":"held"}`, `{"type":"noticed","package":"p","what":"prints"}`, `{"type":"ready"}`)
	if !errors.Is(err, ErrAgain) || third.Validate() == nil {
		t.Errorf("one of no use: %v, fresh %v", err, third.Validate())
	}
	if unobserved(first) || !unobserved(second) || unobserved(third) {
		t.Errorf("observed are the first, and the one after a file has changed: %v %v %v", unobserved(first), unobserved(second), unobserved(third))
	}
}
