package changes

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A file that waits for the end of an upgrade is not settled. After one that failed its turn comes.
func TestNotSettledWhileAFileWaits(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.js")
	save := func(text string) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path+"~", []byte(text), 0o600), os.Rename(path+"~", path)); err != nil {
			t.Fatal(err)
		}
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
		save(text)
		<-waits
		if c.Settled() {
			t.Errorf("save %s: settled, and the file waits", text)
		}
		goesOn <- true
		<-s.files
		c.queries <- func(report.Status) {} // the forwarder is through
		if !c.Settled() {
			t.Errorf("save %s: not settled although nothing waits", text)
		}
	}
}

// Neither is a save of which no batch tells yet.
func TestNotSettledBeforeTheBatch(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.js"), []byte("0"), 0o600); err != nil {
		t.Fatal(err)
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
	if !c.Settled() {
		t.Error("not settled at rest")
	}
	if err := os.WriteFile(filepath.Join(dir, "a.js"), []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); c.Settled(); time.Sleep(time.Millisecond) { // the kernel tells of it soon
		if time.Since(begun) > 30*time.Second {
			t.Fatal("settled")
		}
	}
}
