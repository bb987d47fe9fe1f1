package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// patience is how long a test waits for a fact before it gives up.
const patience = 3 * time.Minute

// run watches dir on the real disk until the test ends, and gives the watcher
// when it is ready. What is there already counts as old. The quiet time is
// longer than usual: a busy machine may take its time between the two steps of
// one save. The exact times are tested with fake time.
func run(t testing.TB, dir string, change func(*Config)) *Watcher {
	t.Helper()
	cfg := Config{Rules: rules.Config{Root: dir, Command: []string{"node"}}, Since: time.Now().Add(time.Hour),
		Quiet: 300 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	w := testkit.Must(New(cfg))(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-w.Ready:
	case <-time.After(patience):
		t.Fatal("not ready")
	}
	return w
}

func next(t testing.TB, w *Watcher) Batch {
	t.Helper()
	select {
	case b := <-w.Batches():
		return b
	case <-time.After(patience):
		t.Fatal("no batch")
		return nil
	}
}

// write writes a file and the folders it needs.
func write(t testing.TB, content string, parts ...string) {
	t.Helper()
	path := filepath.Join(parts...)
	testkit.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	testkit.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func must(t testing.TB, err error) {
	t.Helper()
	testkit.NoError(t, err)
}

// collect receives until so many paths have been reported, and tells of each whether it was
// written last.
func collect(t testing.TB, w *Watcher, want int) map[string]bool {
	t.Helper()
	got := make(map[string]bool)
	for len(got) < want {
		for _, c := range next(t, w) {
			got[c.Rel] = c.Written
		}
	}
	return got
}

// The folder of a pattern may come later, also outside of the root.
func TestDiskPatternsOfFoldersThatAreNotThereYet(t *testing.T) {
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "not", "there")
	w := run(t, dir, func(c *Config) {
		c.Rules.Include = []string{"conf/certs/*.pem", "gen/deep/in.txt", elsewhere + "/*.pem"}
	})
	write(t, "new", dir, "conf/certs/a.pem")
	write(t, "new", dir, "gen/deep/in.txt")
	if got := collect(t, w, 2); got["conf/certs/a.pem"] || got["gen/deep/in.txt"] {
		t.Errorf("%v", got)
	}
	write(t, "new", elsewhere, "b.pem")
	if b := next(t, w); len(b) != 1 || b[0].Path != filepath.Join(elsewhere, "b.pem") {
		t.Errorf("%q", describe(b))
	}
}

// A pattern below a link to a folder matches the link, too, which is no file that has changed, and neither is a link to
// a device, to nothing or to itself. A link is no .gitignore, as for git.
func TestDiskLinksToNoFile(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, "*.ts", elsewhere, "a.txt")
	for name, to := range map[string]string{".gitignore": elsewhere + "/a.txt", "device.ts": "/dev/null",
		"nothing.ts": "nowhere.ts", "itself.ts": "itself.ts"} {
		must(t, os.Symlink(to, filepath.Join(dir, name)))
	}
	must(t, os.Symlink(elsewhere, filepath.Join(dir, "link")))
	w := run(t, dir, func(c *Config) { c.Rules.Include = []string{"link/**", "device.ts"} })
	write(t, "new", dir, "a.ts")
	write(t, "new", elsewhere, "a.txt")
	if got := collect(t, w, 2); got["a.ts"] || !got["link/a.txt"] {
		t.Errorf("%v", got)
	}
}

func TestDiskDeepTreesMadeFast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := run(t, dir, nil)
	const trees = 30
	for round, text := range []string{"x", "y"} { // each of them is watched from the first on
		for i := range trees {
			write(t, text, dir, fmt.Sprint("t", i%3), fmt.Sprint(i), "a/b/c/d/e/f", "x.ts")
		}
		for path, written := range collect(t, w, trees) {
			if written != (round > 0) {
				t.Errorf("round %d: %s is written: %v", round, path, written)
			}
		}
	}
}

func TestDiskFoldersMoveAndVanish(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, "x", dir, "one/deep/er/a.ts")
	write(t, "x", dir, "two/deep/er/a.ts")
	w := run(t, dir, nil)
	steps := []struct {
		name string
		do   func()
		want string
	}{
		{"rename", func() { must(t, os.Rename(filepath.Join(dir, "one"), filepath.Join(dir, "three"))) },
			"new/gone one/deep/er/a.ts new/gone three/deep/er/a.ts"},
		{"write below the new name", func() { write(t, "y", dir, "three/deep/er/a.ts") }, "written three/deep/er/a.ts"},
		{"the old name again", func() { write(t, "z", dir, "one/deep/er/a.ts") }, "new/gone one/deep/er/a.ts"},
		{"write below the old name", func() { write(t, "zz", dir, "one/deep/er/a.ts") }, "written one/deep/er/a.ts"},
		{"remove", func() { must(t, os.RemoveAll(filepath.Join(dir, "two"))) }, "new/gone two/deep/er/a.ts"},
		{"remove and make again", func() {
			must(t, os.RemoveAll(filepath.Join(dir, "one")))
			write(t, "new", dir, "one/deep/er/a.ts")
		}, "written one/deep/er/a.ts"},
		{"write there", func() { write(t, "newer", dir, "one/deep/er/a.ts") }, "written one/deep/er/a.ts"},
		{"move out and in", func() {
			out := filepath.Join(t.TempDir(), "out")
			must(t, os.Rename(filepath.Join(dir, "one"), out))
			write(t, "unseen", out, "deep/er/a.ts")
			must(t, os.Rename(out, filepath.Join(dir, "four")))
		}, "new/gone four/deep/er/a.ts new/gone one/deep/er/a.ts"},
		{"write after that", func() { write(t, "last", dir, "four/deep/er/a.ts") }, "written four/deep/er/a.ts"},
	}
	for _, step := range steps {
		step.do()
		if got := describe(next(t, w)); got != step.want {
			t.Fatalf("%s: batch %q, want %q", step.name, got, step.want)
		}
	}
}

// TestDiskRenamedThenDeleted makes fsnotify send an error while it holds its
// lock; the loop must not be in its way (see kernel.pump).
func TestDiskRenamedThenDeleted(t *testing.T) {
	dir := t.TempDir()
	w := run(t, dir, nil)
	for i := range 100 {
		from, to := filepath.Join(dir, fmt.Sprint("a", i)), filepath.Join(dir, fmt.Sprint("b", i))
		must(t, os.MkdirAll(filepath.Join(from, "x"), 0o755))
		must(t, os.Rename(from, to))
		must(t, os.RemoveAll(to))
	}
	write(t, "new", dir, "sentinel.ts")
	if got := describe(next(t, w)); got != "new/gone sentinel.ts" {
		t.Errorf("batch %q", got)
	}
}

// TestDiskOldStampBeforeTheBaseline replaces a file, before Run begins,
// by one whose modification time lies in the past: only the change time tells.
func TestDiskOldStampBeforeTheBaseline(t *testing.T) {
	dir := t.TempDir()
	a, tmp := filepath.Join(dir, "a.ts"), filepath.Join(dir, "a.tmp")
	write(t, "old", a)
	write(t, "old", dir, "b.ts")
	// as of a clock that was wrong
	must(t, os.Chtimes(filepath.Join(dir, "b.ts"), time.Time{}, time.Now().AddDate(1, 0, 0)))
	write(t, "new", tmp)
	must(t, os.Chtimes(tmp, time.Unix(1, 0), time.Unix(1, 0)))
	for made := time.Now(); time.Since(made) < 2*wait.ClockLag; { // until b.ts is older than Since by any clock
		time.Sleep(wait.ClockLag)
	}
	w := run(t, dir, func(c *Config) {
		c.Since = time.Now()
		must(t, os.Rename(tmp, a))
	})
	if got := describe(next(t, w)); got != "written a.ts" {
		t.Errorf("batch %q", got)
	}
}
