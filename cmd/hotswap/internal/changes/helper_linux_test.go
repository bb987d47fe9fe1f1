package changes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// silent is a Reporter that says nothing.
type silent struct{ quiet }

func (silent) Watched(watch.Notice)     {}
func (silent) WatchFailed(error)        {}
func (silent) Ignored(Reason, []string) {}

// site is a folder in which a program is watched. It is the Supervisor, too: it keeps the files of
// batches, and the test sets its status.
type site struct {
	*Changes
	t     *testing.T
	dir   string
	cfg   Config
	enter func() bool // whether swaps are possible
	nodes *adapters.Transport
	files chan []string

	mu      sync.Mutex // guards these
	status  report.Status
	changed chan struct{}
}

// newSite returns a folder with these files, which are older than what is saved later by any clock.
func newSite(t *testing.T, files ...string) *site {
	x := &site{t: t, dir: t.TempDir(), enter: func() bool { return true }, files: make(chan []string, 100),
		changed: make(chan struct{})}
	old := time.Now().Add(-time.Second)
	for _, file := range files {
		x.save(file, "0")
		testkit.NoError(t, os.Chtimes(filepath.Join(x.dir, file), old, old))
	}
	x.cfg = Config{Root: x.dir, Command: []string{"node", "main.js"}, Steps: x.steps(), Report: silent{}}
	return x
}

// steps returns what these rules do.
func (x *site) steps(all ...rule.Rule) *Steps {
	r := testkit.Must(rule.New(x.dir, all))(x.t)
	return NewSteps(r, nil)
}

// run watches until the test ends.
func (x *site) run() {
	var err error
	x.Changes, err = New(x.cfg)
	if err != nil {
		x.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(x.t.Context())
	ended := make(chan struct{})
	x.t.Cleanup(func() { cancel(); <-ended })
	go func() {
		defer close(ended)
		x.Run(ctx, Engine{Asked: func() bool { return true }, Supervisor: x, Adapters: x.nodes,
			Enter: func(context.Context) func() {
				if x.enter() {
					return func() {}
				}
				return nil
			}})
	}()
	<-x.watcher.Ready
}

// save writes a file at once: one that is seen half written counts twice.
func (x *site) save(file, text string) {
	x.t.Helper()
	testkit.Write(x.t, filepath.Join(x.dir, file), text)
}

// asked has the forwarder call f.
func (x *site) asked(f func() bool) bool {
	answer := make(chan bool, 1)
	x.queries <- func() { answer <- f() }
	return <-answer
}

func await(t *testing.T, what string, fact func() bool) {
	t.Helper()
	testkit.Eventually(t, func() error {
		if !fact() {
			return fmt.Errorf("never: %s", what)
		}
		return nil
	})
}

func (x *site) Status() report.Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	st := x.status
	st.Changed = x.changed
	return st
}

func (x *site) Current() report.Status { return x.Status() }

func (x *site) set(all ...report.Life) {
	x.mu.Lock()
	defer x.mu.Unlock()
	close(x.changed)
	x.status, x.changed = report.Status{Lives: all}, make(chan struct{})
}

func (x *site) Batch(c supervisor.Change) { x.files <- c.Files }
