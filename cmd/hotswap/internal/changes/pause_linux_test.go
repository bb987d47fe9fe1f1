package changes

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// told is a reporter that passes on what is said of changes that wait.
type told struct {
	silent
	kept chan string
}

func (r told) Kept(files []string) { r.kept <- strings.Join(files, " ") }

// lives is a supervisor that keeps the files of batches, and whose status the test sets.
type lives struct {
	batches
	mu      sync.Mutex
	status  report.Status
	changed chan struct{}
}

func (l *lives) Status() report.Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

func (l *lives) Current() report.Status { return l.Status() }

func (l *lives) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *lives) set(all ...report.Life) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.status, l.changed = report.Status{Lives: all}, make(chan struct{})
}

// started returns changes that run in a folder with these files.
func started(t *testing.T, reporter Reporter, files ...string) (c *Changes, s *lives, dir string) {
	dir = t.TempDir()
	for _, file := range files {
		write(t, dir, file, "0")
		old := time.Now().Add(-time.Second) // than the watcher, by any clock
		if err := os.Chtimes(filepath.Join(dir, file), old, old); err != nil {
			t.Fatal(err)
		}
	}
	r, err := rule.New(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = New(Config{Root: dir, Command: []string{"node", "a.js"}, Steps: NewSteps(r, nil), Report: reporter}); err != nil {
		t.Fatal(err)
	}
	s = &lives{batches: batches{files: make(chan []string, 10)}, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		c.Run(ctx, Engine{Supervisor: s, Enter: func(context.Context) (func(), bool) { return func() {}, true }})
	}()
	<-c.current.Load().Ready()
	return c, s, dir
}

func write(t *testing.T, dir, file, text string) {
	t.Helper()
	path := filepath.Join(dir, file)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path+"~", []byte(text), 0o600), os.Rename(path+"~", path))
	if err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, what string, fact func() bool) {
	t.Helper()
	for begun := time.Now(); !fact(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("never: %s", what)
		}
	}
}

// What changes while swaps are paused is named once and counted, and what is undone is forgotten.
// Then one swap takes all.
func TestAPause(t *testing.T) {
	r := told{kept: make(chan string, 10)}
	c, s, dir := started(t, r, "a.js", "b.js", "c.js")
	if !c.Pause() || c.Pause() {
		t.Fatal("it is not paused once")
	}
	for _, file := range []string{"a.js", "b.js", "c.js"} {
		write(t, dir, file, "1")
		if got := <-r.kept; got != file {
			t.Errorf("%s is kept, want %s", got, file)
		}
	}
	write(t, dir, "c.js", "0")
	await(t, "two files wait", func() bool { return c.Paused().Files == 2 })
	if c.Settled() {
		t.Error("settled, and files wait")
	}
	if n, was := c.Resume(); n != 2 || !was {
		t.Errorf("resumed with %d files, %v", n, was)
	}
	if got := <-s.files; !slices.Equal(got, []string{"a.js", "b.js"}) {
		t.Errorf("a swap for %q", got)
	}
	if _, was := c.Resume(); was || c.Paused() != nil {
		t.Error("resumed twice")
	}
	if len(r.kept) > 0 {
		t.Errorf("%s is named again", <-r.kept)
	}
}

// A change that only the generation that boots can decide about waits for the end of the boot,
// even while no thread answers; and for the end of a pause that began meanwhile.
func TestAChangeWaitsForTheBoot(t *testing.T) {
	for _, paused := range []bool{false, true} {
		c, s, dir := started(t, told{kept: make(chan string, 10)}, "a.js", "dist/main.js")
		path := filepath.Join(dir, "dist/main.js")
		c.current.Load().Follow(watch.Loaded{Files: []string{path}, Since: time.Now().Add(time.Hour)})
		await(t, "it is followed", c.current.Load().FollowsOutput)
		s.set(report.Life{Gen: 1, Began: time.Now()})
		write(t, dir, "dist/main.js", "1")
		await(t, "it waits", func() bool {
			waits := make(chan bool, 1)
			c.queries <- func(report.Status) { waits <- len(c.waiting) == 1 }
			return <-waits
		})
		if len(s.files) > 0 {
			t.Fatal("a swap in the midst of a boot")
		}
		if paused {
			c.Pause()
		}
		s.set(report.Life{Gen: 1, Began: time.Now(), Ended: time.Now(), Failed: true})
		if paused {
			await(t, "it is ready", func() bool {
				ready := make(chan bool, 1)
				c.queries <- func(report.Status) { ready <- c.waiting[path].ready }
				return <-ready
			})
			if len(s.files) > 0 {
				t.Error("a swap in the midst of a pause")
			}
			if n, _ := c.Resume(); n != 1 {
				t.Errorf("%d files wait", n)
			}
		}
		if got := <-s.files; !slices.Equal(got, []string{"dist/main.js"}) {
			t.Errorf("a swap for %q", got)
		}
		await(t, "it is settled", c.Settled)
	}
}
