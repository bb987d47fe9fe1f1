package changes

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// batches is a Supervisor that keeps the files of batches.
type batches struct {
	files   chan []string
	changed chan struct{} // never closed
}

func (batches) Status() report.Status          { return report.Status{} }
func (batches) Current() report.Status         { return report.Status{} }
func (b batches) Changed() <-chan struct{}     { return b.changed }
func (b batches) Batch(c supervisor.Change)    { b.files <- c.Files }
func (batches) Installing(time.Duration, bool) {}

type silent struct{ quiet }

func (silent) Watched(watch.Notice)     {}
func (silent) WatchFailed(error)        {}
func (silent) Ignored(Reason, []string) {}

// However soon after the project's file another file is saved: the one watcher or the next
// reports it, and once. Files that only a new rule names are watched from then on.
func TestNoSaveFallsBetweenTwoWatchers(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, text any) { // at once: a file that is seen half written counts twice
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path+"~", []byte(fmt.Sprint(text)), 0o644), os.Rename(path+"~", path)); err != nil {
			t.Error(err)
		}
	}
	const all = 30
	for i := range all {
		save(fmt.Sprintf("%d.js", i), "")
	}
	save("hotswap.yaml", "")
	save("data.odd", "")
	config := func(rules ...rule.Rule) Config {
		r, err := rule.New(dir, rules)
		if err != nil {
			t.Fatal(err)
		}
		return Config{
			Root: dir, Command: []string{"node", "a.js"}, Steps: NewSteps(r, nil), Report: silent{},
			Project: filepath.Join(dir, "hotswap.yaml"), MaxWait: 2 * time.Second,
		}
	}
	cfg := config()
	read := make(chan struct{}, all+1)
	cfg.Reread = func() *Reread {
		next := config(rule.Rule{Change: []string{"*.odd"}, Run: "true"})
		next.Reread = cfg.Reread
		return &Reread{Config: next, Apply: func() { read <- struct{}{} }, Refuse: func(err error) { t.Error(err) }}
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := batches{make(chan []string, 10*all), make(chan struct{})}
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		c.Run(ctx, Engine{Supervisor: s, Enter: func(context.Context) (func(), bool) { return func() {}, true }})
	})
	<-c.current.Load().Ready()
	seen := map[string]int{}
	await := func(name string) {
		t.Helper()
		late := time.After(20 * time.Second)
		for seen[name] == 0 {
			select {
			case files := <-s.files:
				for _, f := range files {
					seen[f]++
				}
			case <-late:
				t.Fatalf("%s is missed; seen are %v", name, seen)
			}
		}
	}
	for i := range all {
		save("hotswap.yaml", i)
		name := fmt.Sprintf("%d.js", i)
		time.Sleep(time.Duration(rand.Int64N(int64(80 * time.Millisecond))))
		save(name, i+1)
		await(name)
	}
	<-read
	save("data.odd", "1")
	await("data.odd")
	if seen["hotswap.yaml"] > 0 {
		t.Error("the project's file counts as one of the program")
	}
	for name, n := range seen {
		if n > 1 {
			t.Errorf("%s is reported %d times", name, n)
		}
	}
}

// The project's file is saved again right after it was read: it is read again.
func TestAProjectFileIsSavedWhileItIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hotswap.yaml")
	save := func(text string) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path+"~", []byte(text), 0o644), os.Rename(path+"~", path)); err != nil {
			t.Error(err)
		}
	}
	save("first")
	none, err := rule.New(filepath.Dir(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Root: filepath.Dir(path), Command: []string{"node", "a.js"}, Steps: NewSteps(none, nil), Report: silent{},
		Project: path, MaxWait: 2 * time.Second,
	}
	read := make(chan string, 10)
	var reread func() *Reread
	reread = func() *Reread {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		if string(text) == "second" {
			save("third")
		}
		next := cfg
		next.Reread = reread
		return &Reread{Config: next, Apply: func() { read <- string(text) }, Refuse: func(err error) { t.Error(err) }}
	}
	cfg.Reread = reread
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		c.Run(ctx, Engine{Supervisor: batches{make(chan []string, 10), make(chan struct{})}, Enter: func(context.Context) (func(), bool) { return func() {}, true }})
	})
	<-c.current.Load().Ready()
	save("second")
	late := time.After(20 * time.Second)
	for _, want := range []string{"second", "third"} {
		select {
		case got := <-read:
			if got != want {
				t.Fatalf("%q was read in the place of %q", got, want)
			}
		case <-late:
			t.Fatalf("%q is not read", want)
		}
	}
}

// The project's file and another are saved together: one start is for both.
func TestOneStartForTheProjectFileAndAnother(t *testing.T) {
	dir := t.TempDir()
	save := func(text string) {
		for _, name := range []string{"hotswap.yaml", "a.js"} {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.WriteFile(path+"~", []byte(text), 0o644), os.Rename(path+"~", path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	save("first")
	r, err := rule.New(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Root: dir, Command: []string{"node", "a.js"}, Steps: NewSteps(r, nil), Report: silent{},
		Project: filepath.Join(dir, "hotswap.yaml"), Quiet: 300 * time.Millisecond, MaxWait: 10 * time.Second,
	}
	cfg.Reread = func() *Reread {
		return &Reread{Config: cfg, Swap: true, Apply: func() {}, Refuse: func(err error) { t.Error(err) }}
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := batches{make(chan []string, 10), make(chan struct{})}
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		c.Run(ctx, Engine{Supervisor: s, Enter: func(context.Context) (func(), bool) { return func() {}, true }})
	})
	<-c.current.Load().Ready()
	save("second")
	if files := <-s.files; !slices.Equal(files, []string{"hotswap.yaml", "a.js"}) {
		t.Errorf("a start for %v", files)
	}
}
