package why

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch"
)

type quiet struct{ changes.Reporter }

func (quiet) Watched(watch.Notice) {}

// looking returns what answers for dir, which is watched until the test ends.
func looking(t *testing.T, dir string) Files {
	t.Helper()
	r, err := rule.New(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := changes.New(changes.Config{Root: dir, Command: []string{"node"}, Steps: changes.NewSteps(r, nil), Report: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Look(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return Files{Changes: c}
}

// A long list comes in parts, whole and in order.
func TestListInParts(t *testing.T) {
	defer func(n int) { mostBytes = n }(mostBytes)
	mostBytes = 95
	dir := t.TempDir()
	var want strings.Builder
	for i := range 50 {
		name := fmt.Sprintf("file-%02d.ts", i)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&want, name)
	}
	files := looking(t, dir)
	if w, err := files.Watch(t.Context(), 40); err != nil || w.Count != 50 || w.From != 40 || len(w.Files) >= 10 || w.Files[0] != "file-40.ts" {
		t.Errorf("%+v, %v", w, err)
	}
	if w, err := files.Watch(t.Context(), 1000); err != nil || len(w.Files) > 0 || w.From != 50 {
		t.Errorf("%+v, %v", w, err)
	}
	var out, summary bytes.Buffer
	q := Question{Dir: dir, Out: &out, Err: &summary}
	if err := q.Ask(t.Context(), files); err != nil || out.String() != want.String() || strings.Count(summary.String(), "50 files in 1 watched folder") != 1 {
		t.Errorf("%v\n%s\n%s", err, &out, &summary)
	}
	out.Reset()
	q.JSON = true
	var all control.Watch
	if err := q.Ask(t.Context(), files); err != nil || json.Unmarshal(out.Bytes(), &all) != nil || len(all.Files) != 50 {
		t.Errorf("%v: %d files", err, len(all.Files))
	}
}

// A path that leads through symbolic links is answered for by the name that is watched, wherever
// the links are.
func TestWhyBySymbolicLinks(t *testing.T) {
	real := filepath.Join(physical(t.TempDir()), "real")
	if err := os.MkdirAll(filepath.Join(real, "src"), 0o700); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(filepath.Dir(real), "root")
	for to, link := range map[string]string{real: root, "src": filepath.Join(real, "linked")} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	files := looking(t, root)
	for path, want := range map[string]string{
		root + "/src/a.ts":        root + "/src/a.ts",
		real + "/src/a.ts":        root + "/src/a.ts",
		root + "/linked/a.ts":     root + "/src/a.ts",
		real + "/linked/new/a.ts": root + "/src/new/a.ts",
	} {
		w, err := files.Why(t.Context(), path)
		if err != nil || w.File != want || !w.Swaps || (w.ReachedBy != "") != (path != want) {
			t.Errorf("%s: %+v, %v", path, w, err)
		}
	}
	if w, err := files.Why(t.Context(), "/etc/x.ts"); err != nil || w.Counts || w.Reason != "outside" || w.File != "/etc/x.ts" {
		t.Errorf("%+v, %v", w, err)
	}
}
