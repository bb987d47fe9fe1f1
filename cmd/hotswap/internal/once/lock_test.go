package once

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Another hotswap of the same project waits, says for whom, and finds the work done or not.
func TestAnotherHotswapIsAwaited(t *testing.T) {
	dir := site(t, "a")
	other, end := another(t, dir)
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
	want := fmt.Sprintf("waits npm run migrate %d false", other.Process.Pid)
	for !r.has(want) {
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
	r.want(t, want)
}

// A hotswap that is killed leaves no lock, although its file is still there.
func TestAKilledHolderFreesTheLock(t *testing.T) {
	dir := site(t, "a")
	other, end := another(t, dir)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	end()
	s := Open(dir, &told{})
	s.home, _ = home()
	if h := heldBy(s.path() + ".lock"); h.PID != 0 {
		t.Errorf("process %d, which was killed, has the lock", h.PID)
	}
	does(t, newTask(s, "migrate", "**"), true)
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
	owed := task.Owed()
	if task.End(true); !owed || !task.Owed() {
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

// A number that another process has now, or half of a line, names nobody.
func TestAHolderIsNamedOnlyIfItIsTheProcess(t *testing.T) {
	path := t.TempDir() + "/a.lock"
	self, _ := proc.Identify(os.Getpid())
	if self.Start == 0 {
		t.Skip("start times are not known here")
	}
	for text, want := range map[string]int{
		fmt.Sprintf(`{"pid": %d, "start": %d}`, self.PID, self.Start):   self.PID,
		fmt.Sprintf(`{"pid": %d, "start": %d}`, self.PID, self.Start+1): 0,
		fmt.Sprintf(`{"pid": %d, "sta`, self.PID):                       0,
		`{"pid": -1}`:            0,
		``:                       0,
		strings.Repeat("[", 1e6): 0,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := heldBy(path).PID; got != want {
			t.Errorf("%.50s: process %d, want %d", text, got, want)
		}
	}
}

// A command that outlives hotswap does not keep the lock.
func TestCommandsDoNotInheritTheLock(t *testing.T) {
	dir := site(t, "a")
	s := Open(dir, &told{})
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
	f, err := tryLock(s.path() + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tryLock(s.path() + ".lock"); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("the lock was got twice: %v", err)
	}
	unlock(f)
}

// A lock is one of the file that has the name, not of one that was swept.
func TestASweptLockIsNone(t *testing.T) {
	path := t.TempDir() + "/a.lock"
	f, err := tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock(f)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	again, err := tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock(again)
	mine, _ := again.Stat()
	there, err := os.Stat(path)
	if err != nil || !os.SameFile(mine, there) {
		t.Error("the lock is of a file without a name", err)
	}
}

func TestALockThatCannotBeMadeIsSaid(t *testing.T) {
	dir := site(t, "a")
	r := &told{}
	s := Open(dir, r)
	s.home, _ = home()
	if err := os.Symlink("/nowhere", s.path()+".lock"); err != nil {
		t.Fatal(err)
	}
	does(t, newTask(s, "migrate", "**"), true)
	r.want(t, syscall.ELOOP.Error())
}
