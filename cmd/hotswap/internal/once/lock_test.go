package once

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// A hotswap that is killed leaves no lock, although its file is still there.
func TestAKilledHolderFreesTheLock(t *testing.T) {
	dir := site(t, "a")
	other, end := another(t, dir)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	end()
	does(t, newTask(Open(dir, &told{}), "migrate", "**"), true)
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

// A command that outlives hotswap does not keep the lock.
func TestCommandsDoNotInheritTheLock(t *testing.T) {
	s := Open(site(t, "a"), &told{})
	task := newTask(s, "migrate", "**")
	if run, err := task.Begin(t.Context()); !run || err != nil {
		t.Fatal(run, err)
	}
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close(); _ = cmd.Wait() }()
	task.End(true)
	f, err := s.openLock()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Errorf("the command has the lock: %v", err)
	}
}
