package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Task is a command that runs again only when its inputs have changed. Begin and End are
// called in turn. The methods may be called from any goroutine.
type Task struct {
	store   *Store
	command string
	inputs  Inputs

	// store.changed guards these.
	owed    bool
	changes int // how often Changed was called
	made    []string

	// From Begin to End.
	began  bool
	digest string // of the inputs before the command ran; "": not known
	at     int    // changes at that time
}

// Task returns the task of a command, which is owed. made are paths that the command makes: when
// one of them is gone, the task is owed whatever is remembered.
func (s *Store) Task(command string, inputs Inputs, made []string) *Task {
	return &Task{store: s, command: command, inputs: inputs, made: made, owed: true}
}

// undone reports whether what the command made is gone: the data of a database, say, while its
// migrations are as they were. store.changed is locked.
func (t *Task) undone() bool {
	return slices.ContainsFunc(t.made, missing)
}

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// Owed reports whether the task may have something to do: it has neither succeeded nor
// found its inputs as they were since they last changed, or what it made is gone.
func (t *Task) Owed() bool {
	t.store.changed.Lock()
	defer t.store.changed.Unlock()
	return t.owed || t.undone()
}

// Changed says that inputs have changed.
func (t *Task) Changed() {
	t.store.changed.Lock()
	defer t.store.changed.Unlock()
	t.owed = true
	t.changes++
}

// Begin waits for the project's lock and reports whether the command has to run. If so, the
// caller calls End when nothing of the command is left. Begin returns an error, and needs no
// End, only when ctx ends.
func (t *Task) Begin(ctx context.Context) (run bool, err error) {
	if err := t.store.acquire(ctx, t.command); err != nil {
		return false, err
	}
	t.store.changed.Lock()
	t.at = t.changes // a change from now on may be missing in the digest
	undone := t.undone()
	t.store.changed.Unlock()
	t.digest, err = t.inputs.digest(ctx, t.store.given)
	switch {
	case ctx.Err() != nil:
		t.store.release()
		return false, context.Cause(ctx)
	case err != nil:
		t.digest = ""
		t.store.report.TaskNotCompared(t.command, err)
	default:
		t.store.known = t.store.load()
		if t.store.known.inputs(t.key()) == t.digest && !undone {
			t.done()
			t.store.release()
			return false, nil
		}
	}
	t.began = true
	return true, nil
}

// End says how the command has ended, and frees the lock. A success is remembered. A failure
// changes nothing: the task is owed. If a success cannot be remembered the user is told,
// because the start that waits for it can go on.
func (t *Task) End(succeeded bool) {
	if !t.began {
		return
	}
	t.began = false
	if succeeded {
		if t.digest != "" {
			t.store.save(entry{Command: t.key(), Inputs: t.digest, At: time.Now().Truncate(time.Second)})
		}
		t.done()
	}
	t.store.release()
}

// done notes that nothing is owed, except for changes since Begin.
func (t *Task) done() {
	t.store.changed.Lock()
	defer t.store.changed.Unlock()
	t.owed = t.changes != t.at
	// What is not there now is not made by the command, which would run for ever otherwise.
	t.made = slices.DeleteFunc(slices.Clone(t.made), missing)
}

// key is what the command is remembered by.
func (t *Task) key() string {
	sum := sha256.Sum256([]byte(t.command))
	return hex.EncodeToString(sum[:])
}
