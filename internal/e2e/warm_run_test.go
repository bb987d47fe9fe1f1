//go:build linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
)

// maxRehearsals is how many rehearsals in a row may show something new.
const maxRehearsals = 10

// warmRun runs a program as hotswap does it, with processes of the test.
type warmRun struct {
	awkward
	w      *runtime.Manager
	learn  bool // a rehearsal would show something
	launch func(gen handoff.GenID) *handoff.Launch
	start  func(*handoff.Launch) (*exec.Cmd, func() outcome)
}

// run rehearses until nothing new is shown, and then runs the program as a standby, which does what
// the program does cold.
func (r warmRun) run(t *testing.T, cold outcome) {
	t.Helper()
	gen := handoff.GenID(2)
	for ; r.learn; gen++ {
		if gen > maxRehearsals {
			t.Fatal("each rehearsal shows something new")
		}
		r.rehearse(t, gen)
	}
	if r.proper && gen > 3 {
		t.Error("the first rehearsal has shown something")
	}
	left := r.standby(t, gen, cold)
	if r.none && len(left) > 0 {
		t.Errorf("left out: %q", left)
	}
	if missing := slices.DeleteFunc(slices.Clone(r.noticed), func(what string) bool {
		return slices.ContainsFunc(left, func(text string) bool { return strings.Contains(text, what) })
	}); len(missing) > 0 {
		t.Errorf("not noticed: %q; left out: %q", missing, left)
	}
}

// process is a program that was started, and how it has ended.
func (r warmRun) process(t *testing.T, l *handoff.Launch) (cmd *exec.Cmd, ctx context.Context, got chan outcome) {
	cmd, end := r.start(l)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, ended := context.WithCancelCause(t.Context())
	got = make(chan outcome, 1)
	go func() {
		o := end()
		got <- o
		ended(fmt.Errorf("ended: %+v", o))
	}()
	return cmd, ctx, got
}

func (r *warmRun) rehearse(t *testing.T, gen handoff.GenID) {
	t.Helper()
	l := r.launch(gen)
	rehearsal, err := r.w.Prepare(l, true)
	if errors.As(err, new(handoff.Unknown)) { // all packages have shown something
		r.learn = false
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd, ctx, got := r.process(t, l)
	failed := rehearsal.Ready(ctx)
	_ = cmd.Process.Kill()
	o := <-got
	_ = rehearsal.Close()
	r.learn = rehearsal.Learn(failed)
	t.Logf("rehearsal: %v, again: %t", failed, r.learn)
	if failed != nil && r.proper {
		t.Errorf("%v: %+v", failed, o)
	}
}

// standby runs the program as a standby, and returns what that has not loaded ahead.
func (r warmRun) standby(t *testing.T, gen handoff.GenID, cold outcome) (left []string) {
	t.Helper()
	l := r.launch(gen)
	s, err := r.w.Prepare(l, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, left = s.Loaded()
	cmd, ctx, got := r.process(t, l)
	if err := s.Ready(ctx); err != nil {
		_ = cmd.Process.Kill()
		t.Fatalf("%v\n%+v; left out: %q", err, <-got, left)
	}
	time.Sleep(300 * time.Millisecond) // that it waits is what is tested: whatever runs by itself would run now
	if err := errors.Join(s.Validate(), s.Resume()); err != nil {
		t.Fatal(err)
	}
	if got := <-got; got != cold {
		t.Errorf("cold:\n%s%s%s\nwarm, without %q:\n%s%s%s", cold.stdout, cold.stderr, cold.end, left, got.stdout, got.stderr, got.end)
	}
	return left
}
