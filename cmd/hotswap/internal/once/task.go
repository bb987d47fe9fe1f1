package once

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Task is a command that runs again only when its inputs have changed. Begin and End are
// called in turn. The methods may be called from any goroutine. A new task is owed.
type Task struct {
	Dir     string // the project's folder, an absolute path, as Globs have it
	Command string
	Globs   []string               // absolute doublestar patterns; each input matches one
	Match   func(path string) bool // reports whether an absolute path is an input
	Report  Reporter

	mu      sync.Mutex // guards these
	Made    []string   // that the command makes: when one is gone, the task is owed whatever is remembered
	rests   bool       // it has succeeded, or found its inputs as they were, and none has changed since
	changes int        // how often Changed was called

	// From Begin to End.
	lock   *os.File // nil: there is none, and nothing is read or written
	digest string   // of the inputs before the command ran; "": not known
	at     int      // changes at that time
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// Owed reports whether the task may have something to do: it has neither succeeded nor found
// its inputs as they were since they last changed, or what it made is gone, as the data of a
// database may be whose migrations are as they were.
func (t *Task) Owed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.rests || slices.ContainsFunc(t.Made, missing)
}

func (t *Task) Changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rests = false
	t.changes++
}

// Begin waits for the project's lock and reports whether the command has to run. If so, the
// caller calls End when nothing of the command is left. Begin returns an error, and needs no
// End, only when ctx ends.
func (t *Task) Begin(ctx context.Context) (run bool, err error) {
	t.lock, err = t.wait(ctx)
	t.mu.Lock()
	t.at = t.changes // a change from now on may be missing in the digest
	undone := slices.ContainsFunc(t.Made, missing)
	t.mu.Unlock()
	t.digest = ""
	if err == nil {
		t.digest, err = t.digestInputs(ctx)
	}
	switch {
	case ctx.Err() != nil:
		t.End(false)
		return false, context.Cause(ctx)
	case err != nil:
		t.Report.TaskNotRemembered(t.Command, err)
		return true, nil
	}
	last, _ := regular.Text(t.file())
	if string(last) != t.digest || undone {
		return true, nil
	}
	t.End(true)
	return false, nil
}

// End says how the command has ended, and frees the lock. A failure changes nothing: the task is
// owed. If a success cannot be remembered, the user is told, and the start that waits goes on.
func (t *Task) End(succeeded bool) {
	if succeeded {
		t.mu.Lock()
		t.rests = t.changes == t.at
		// An output that is missing after a success is not the command's: the task would run at each start.
		t.Made = slices.DeleteFunc(slices.Clone(t.Made), missing)
		t.mu.Unlock()
		if t.digest != "" {
			if err := os.WriteFile(t.file(), []byte(t.digest), 0o600); err != nil {
				t.Report.TaskNotRemembered(t.Command, err)
			}
		}
	}
	if t.lock != nil {
		t.lock.Close()
	}
}

// file returns the path of the file that has the digest at the last success.
func (t *Task) file() string { return filepath.Join(filepath.Dir(t.lock.Name()), digestOf(t.Command)) }
