package once

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestTheWaitEndsWithTheContext(t *testing.T) {
	dir := site(t, "a")
	end := another(t, dir)
	why := errors.New("a newer batch")
	ctx, cancel := context.WithCancelCause(t.Context())
	task := newTask(dir, &told{}, "migrate", "**")
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
