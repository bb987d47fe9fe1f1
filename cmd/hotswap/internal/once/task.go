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
// called in turn. The methods may be called from any goroutine.
type Task struct {
	dir     string // the project's folder, as the patterns of inputs have it
	command string
	report  Reporter
	inputs  Inputs

	mu      sync.Mutex // guards these
	owed    bool
	changes int // how often Changed was called
	made    []string

	// From Begin to End.
	lock   *os.File // nil: there is none, and nothing is read or written
	digest string   // of the inputs before the command ran; "": not known
	at     int      // changes at that time
}

// New returns the task of a command in the project's folder dir, an absolute path. The task is owed. made are paths
// that the command makes: when one of them is gone, the task is owed whatever is remembered.
func New(dir, command string, inputs Inputs, made []string, report Reporter) *Task {
	return &Task{dir: dir, command: command, inputs: inputs, made: made, report: report, owed: true}
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
	return t.owed || slices.ContainsFunc(t.made, missing)
}

func (t *Task) Changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.owed = true
	t.changes++
}

// Begin waits for the project's lock and reports whether the command has to run. If so, the
// caller calls End when nothing of the command is left. Begin returns an error, and needs no
// End, only when ctx ends.
func (t *Task) Begin(ctx context.Context) (run bool, err error) {
	t.lock, err = t.wait(ctx)
	t.mu.Lock()
	t.at = t.changes // a change from now on may be missing in the digest
	undone := slices.ContainsFunc(t.made, missing)
	t.mu.Unlock()
	t.digest = ""
	if err == nil {
		t.digest, err = t.inputs.digest(ctx, t.dir)
	}
	switch {
	case ctx.Err() != nil:
		t.End(false)
		return false, context.Cause(ctx)
	case err != nil:
		t.report.TaskNotRemembered(t.command, err)
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
		t.owed = t.changes != t.at
		// An output that is missing after a success is not the command's: the task would run at each start.
		t.made = slices.DeleteFunc(slices.Clone(t.made), missing)
		t.mu.Unlock()
		if t.digest != "" {
			if err := os.WriteFile(t.file(), []byte(t.digest), 0o600); err != nil {
				t.report.TaskNotRemembered(t.command, err)
			}
		}
	}
	if t.lock != nil {
		t.lock.Close()
	}
}

// file returns the path of the file that has the digest at the last success.
func (t *Task) file() string { return filepath.Join(filepath.Dir(t.lock.Name()), digestOf(t.command)) }
