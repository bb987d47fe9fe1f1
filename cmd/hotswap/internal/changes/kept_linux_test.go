package changes

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// A file that waits for the end of an upgrade is one that the hotswap that takes over must
// compare. Without an upgrade, or after one that failed, its turn comes, and it does not wait.
func TestKeptForAnUpgrade(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.js")
	save := func(text string) time.Time {
		t.Helper()
		err := errors.Join(os.WriteFile(path+"~", []byte(text), 0o600), os.Rename(path+"~", path))
		info, failed := os.Stat(path)
		if err := errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
		return watch.ChangedAt(info)
	}
	save("0")
	r, err := rule.New(dir, []rule.Rule{{Change: []string{"a.js"}, Run: "true"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Root: dir, Command: []string{"node", "b.js"}, Steps: NewSteps(r, nil), Report: silent{}, MaxWait: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, waits, goesOn := batches{make(chan []string, 10), make(chan struct{})}, make(chan struct{}), make(chan bool)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		c.Run(ctx, Engine{Supervisor: s, Enter: func(context.Context) (func(), bool) { waits <- struct{}{}; return func() {}, <-goesOn }})
	})
	<-c.current.Load().Ready()
	for _, text := range []string{"1", "2"} {
		at := save(text)
		<-waits
		if _, oldest, _ := c.Kept(); !oldest.Equal(at) {
			t.Errorf("save %s: %v, changed at %v", text, oldest, at)
		}
		goesOn <- true
		<-s.files
		c.queries <- func(report.Status) {} // the forwarder is through
		if _, oldest, _ := c.Kept(); !oldest.IsZero() {
			t.Errorf("save %s: %v although nothing waits", text, oldest)
		}
	}
	at := save("3")
	<-waits
	goesOn <- false
	cancel()
	running.Wait()
	if _, oldest, _ := c.Kept(); !oldest.Equal(at) {
		t.Errorf("taken over: %v, changed at %v", oldest, at)
	}
}

// A hotswap that takes over hears of a save that no batch has yet, and of files that are gone.
func TestKeptBeforeItsBatch(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.js", "b.js"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("0"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := rule.New(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Root: dir, Command: []string{"node", "b.js"}, Steps: NewSteps(r, nil), Report: silent{}, Quiet: time.Hour, MaxWait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { c.Run(ctx, Engine{Supervisor: batches{make(chan []string, 10), make(chan struct{})}}) })
	<-c.current.Load().Ready()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "a.js"), []byte("1"), 0o600), os.Remove(filepath.Join(dir, "b.js"))); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "a.js"))
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(time.Millisecond) { // the kernel tells of both soon
		_, oldest, gone := c.Kept()
		if !oldest.IsZero() && !oldest.After(watch.ChangedAt(info)) && slices.Equal(gone, []string{filepath.Join(dir, "b.js")}) {
			return
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("oldest %v, gone %v", oldest, gone)
		}
	}
}
