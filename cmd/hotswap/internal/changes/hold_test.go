package changes

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
)

// told is a reporter that keeps what is said of changes that wait.
type told struct {
	Reporter
	mu    sync.Mutex
	lines []string
}

func (r *told) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *told) Kept(files []string) { r.say("kept " + strings.Join(files, " ")) }
func (r *told) Stopped(_ int, files []string) {
	r.say("stopped " + strings.Join(files, " "))
}

func (r *told) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// serves is a supervisor of which a generation serves.
type serves struct {
	Supervisor
	mu      sync.Mutex
	gen     supervisor.GenID
	changed chan struct{}
}

func (s *serves) Status() supervisor.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return supervisor.Status{Generation: s.gen}
}
func (s *serves) Current() supervisor.Status { return s.Status() }
func (s *serves) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}
func (s *serves) swap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gen++
	close(s.changed)
	s.changed = make(chan struct{})
}

func batchOf(files ...string) (b watch.Batch) {
	for _, f := range files {
		b.Changes = append(b.Changes, watch.Change{Path: "/none/" + f, Rel: f})
	}
	return b
}

// A debugger is looked for only when there is a batch, and once while it waits. The batch
// goes on when the process runs on, or does not serve any more.
func TestABatchWaitsForADebugger(t *testing.T) {
	for name, ends := range map[string]func(s *serves, runsOn context.CancelFunc){
		"it runs on":             func(_ *serves, runsOn context.CancelFunc) { runsOn() },
		"another serves instead": func(s *serves, _ context.CancelFunc) { s.swap() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				runsOn, run := context.WithCancel(t.Context())
				defer run()
				r, s, looks := &told{}, &serves{gen: 1, changed: make(chan struct{})}, 0
				h := newHold(r, time.Time{})
				c := &Changes{hold: h}
				e := Engine{Supervisor: s, Stopped: func(context.Context, supervisor.Status) *Stop {
					looks++
					if runsOn.Err() != nil || s.Status().Generation != 1 {
						return nil
					}
					return &Stop{PID: 7, Wait: func(ctx context.Context) {
						select {
						case <-ctx.Done():
						case <-runsOn.Done():
						}
					}}
				}}
				if h.keeps(t.Context(), e, watch.Batch{}) || looks != 0 {
					t.Error("it was looked for although nothing had changed")
				}
				for _, b := range []watch.Batch{batchOf("a"), batchOf("a", "b")} {
					if !h.keeps(t.Context(), e, b) {
						t.Fatalf("%v goes on", b)
					}
				}
				if p := c.Paused(); p == nil || p.By != supervisor.PausedInDebugger || p.Files != 2 || p.PID != 7 {
					t.Errorf("status %+v", p)
				}
				ends(s, run)
				<-h.opened
				if looks != 1 || h.keeps(t.Context(), e, batchOf("a", "b")) || looks != 2 {
					t.Errorf("it waits on, after %d looks", looks)
				}
				if got := r.heard(); !slices.Equal(got, []string{"stopped a"}) {
					t.Errorf("the user was told %q", got)
				}
				if p := c.Paused(); p != nil {
					t.Errorf("status %+v", p)
				}
				h.waits.Wait()
			})
		})
	}
}

// A pause outlasts a stop in a debugger, and the other way round.
func TestAPauseAndADebugger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := &told{}, &serves{gen: 1, changed: make(chan struct{})}
		h := newHold(r, time.Time{})
		c := &Changes{hold: h}
		runsOn := make(chan struct{})
		e := Engine{Supervisor: s, Stopped: func(context.Context, supervisor.Status) *Stop {
			return &Stop{PID: 7, Wait: func(ctx context.Context) {
				select {
				case <-ctx.Done():
				case <-runsOn:
				}
			}}
		}}
		if !h.keeps(t.Context(), e, batchOf("a")) || !c.Pause() || c.Pause() {
			t.Fatal("it is not paused once")
		}
		runsOn <- struct{}{}
		<-h.opened
		if !h.keeps(t.Context(), e, batchOf("a", "b")) {
			t.Error("the pause ended with the stop")
		}
		if n, was := c.Resume(); n != 2 || !was {
			t.Errorf("resumed with %d files, %v", n, was)
		}
		<-h.opened
		if !h.keeps(t.Context(), e, batchOf("a", "b")) {
			t.Error("the program stands in a debugger")
		}
		if _, was := c.Resume(); was {
			t.Error("resumed twice")
		}
		close(runsOn)
		h.waits.Wait()
		if got := r.heard(); !slices.Equal(got, []string{"stopped a", "kept b", "stopped a b"}) {
			t.Errorf("the user was told %q", got)
		}
	})
}

// A person may pause while a debugger is looked for. What watches the process must end: it
// would keep a process stopped whose debugger has gone.
func TestAPauseWhileADebuggerIsLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHold(&told{}, time.Time{})
		c, waits := &Changes{hold: h}, 0
		e := Engine{Supervisor: &serves{gen: 1}, Stopped: func(context.Context, supervisor.Status) *Stop {
			c.Pause()
			return &Stop{PID: 7, Wait: func(ctx context.Context) { waits++; <-ctx.Done() }}
		}}
		if !h.keeps(t.Context(), e, batchOf("a")) {
			t.Error("the batch goes on in spite of the pause")
		}
		h.waits.Wait()
		if waits != 1 {
			t.Errorf("Wait was called %d times", waits)
		}
		if p := c.Paused(); p == nil || p.By != supervisor.PausedByHand {
			t.Errorf("status %+v", p)
		}
	})
}

// The hotswap that takes over must look at what changed before a build that ended.
func TestKeptSince(t *testing.T) {
	dir, paused := t.TempDir(), time.Now().Add(time.Hour)
	h := newHold(&told{}, paused)
	c := &Changes{hold: h}
	if since, oldest, _ := c.Kept(); !since.Equal(paused) || !oldest.IsZero() {
		t.Errorf("%v %v", since, oldest)
	}
	path := filepath.Join(dir, "a")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	h.keeps(t.Context(), Engine{}, watch.Batch{Changes: []watch.Change{{Path: path, Rel: "a"}, {Path: path + "gone", Rel: "gone"}}})
	if _, oldest, gone := c.Kept(); !oldest.Equal(watch.ChangedAt(info)) || len(gone) != 1 || gone[0] != path+"gone" {
		t.Errorf("%v, changed at %v, gone %v", oldest, watch.ChangedAt(info), gone)
	}
}

// Also what waits for a debugger counts, and what something else had delayed before. A file
// that is gone hides none of the others.
func TestKeptInADebugger(t *testing.T) {
	dir, s := t.TempDir(), &serves{gen: 1, changed: make(chan struct{})}
	var changed []time.Time
	for i, name := range []string{"added", "kept"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		later := time.Now().Add(time.Duration(i+1) * time.Hour) // than the change time
		if err := os.Chtimes(path, later, later); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		changed = append(changed, watch.ChangedAt(info))
	}
	h := newHold(&told{}, time.Time{})
	c := &Changes{hold: h}
	ctx, cancel := context.WithCancel(t.Context())
	e := Engine{Supervisor: s, Stopped: func(context.Context, supervisor.Status) *Stop {
		return &Stop{PID: 7, Wait: func(ctx context.Context) { <-ctx.Done() }}
	}}
	kept := watch.Change{Path: filepath.Join(dir, "kept"), Rel: "kept"}
	gone := watch.Change{Path: filepath.Join(dir, "none"), Rel: "none"}
	h.keeps(ctx, e, watch.Batch{Changes: []watch.Change{kept}})
	if _, oldest, _ := c.Kept(); !oldest.Equal(changed[1]) {
		t.Errorf("%v, changed at %v", oldest, changed[1])
	}
	if !h.adds([]string{"added"}, []string{filepath.Join(dir, "added")}) {
		t.Error("the program stands in a debugger")
	}
	if paused, oldest, _ := c.Kept(); !paused.IsZero() || !oldest.Equal(changed[0]) {
		t.Errorf("%v, changed at %v; paused %v", oldest, changed[0], paused)
	}
	before := time.Now()
	h.keeps(ctx, e, watch.Batch{Changes: []watch.Change{kept, gone}})
	if _, oldest, _ := c.Kept(); oldest.IsZero() || oldest.After(before) {
		t.Errorf("with a file that is gone: %v, the stop was seen before %v", oldest, before)
	}
	cancel()
	h.waits.Wait()
}
