package once

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Another hotswap of the same project waits, says so, and finds the work done or not.
func TestAnotherHotswapIsAwaited(t *testing.T) {
	dir := site(t, "a")
	_, end := another(t, dir)
	r := &told{}
	task := newTask(Open(dir, r), "npm run migrate", "**")
	begun := make(chan error)
	go func() {
		run, err := task.Begin(t.Context())
		if !run {
			err = errors.Join(err, errors.New("does not run"))
		}
		begun <- err
	}()
	for !r.has("waits npm run migrate") {
		select {
		case err := <-begun:
			t.Fatalf("it did not wait: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	end()
	if err := <-begun; err != nil {
		t.Fatal(err)
	}
	task.End(true)
	r.want(t, "waits npm run migrate")
}

func TestTheWaitEndsWithTheContext(t *testing.T) {
	dir := site(t, "a")
	_, end := another(t, dir)
	why := errors.New("a newer batch")
	ctx, cancel := context.WithCancelCause(t.Context())
	task := newTask(Open(dir, &told{}), "migrate", "**")
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	if run, err := task.Begin(ctx); run || !errors.Is(err, why) {
		t.Error(run, err)
	}
	if !task.Owed() {
		t.Error("not owed")
	}
	end()
	does(t, task, true)
	if run, err := task.Begin(ctx); run || err == nil { // ended before it began
		t.Error(run, err)
	}
	task.Changed()
	does(t, task, false)
}
