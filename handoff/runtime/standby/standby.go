package standby

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const (
	prefix       = "standby-"
	maxProcesses = 4096 // that may wait. Each reads one byte; so many fit into any pipe
	maxLine      = 1 << 20
)

// ErrOutdated is in the error if the program has to be inspected before the next standby.
var ErrOutdated = errors.New("the program has to be inspected first")

// ErrNever is in the error of a program that can have no standby.
var ErrNever = errors.New("there can be none")

type never struct{ error }

func (never) Is(target error) bool { return target == ErrNever }

// Spec is what a standby, or a rehearsal, is made by.
type Spec struct {
	Variable string     // of the environment, with the path of the folder
	Plan     any        // for the processes: []byte becomes the file plan, all else plan.json
	Files    FileStates // that must not change
	// Settings returns files in their present state, of which none may be new.
	Settings func() FileStates
	// Validate says what else has changed. missing are modules that were looked for in
	// vain. Nil: nothing can have changed.
	Validate func(missing []string) error
	Packages []Package                // that the program has loaded
	Choice   Choice                   // which of them the standby loads
	Env      func(name string) string // a variable while the packages are loaded
}

// waiting is a program that waits right before its own code, or is about to.
type waiting struct {
	spec     Spec
	known    *Knowledge
	dir      string
	up, down *os.File
}

// Standby is a program that waits for a save.
type Standby struct {
	waiting

	mu  sync.Mutex // guards what follows
	err error      // why it cannot be used
}

// Prepare makes the folder of a standby, and adds to the launch what leads there.
func (k *Knowledge) Prepare(l *handoff.Launch, in *scratch.Folder, spec Spec) (*Standby, error) {
	k.reads(spec.Packages, spec.Choice, spec.Files)
	w, err := k.wait(l, in, spec)
	if err != nil {
		return nil, err
	}
	return &Standby{waiting: w}, nil
}

func (k *Knowledge) wait(l *handoff.Launch, in *scratch.Folder, spec Spec) (waiting, error) {
	if err := k.refused(spec); err != nil {
		return waiting{}, err
	}
	w := waiting{spec: spec, known: k}
	if err := w.open(in); err != nil {
		_ = w.Close()
		return waiting{}, fmt.Errorf("a place for the standby: %w", err)
	}
	l.Env = append(slices.DeleteFunc(l.Env, func(kv string) bool { return strings.HasPrefix(kv, spec.Variable+"=") }), spec.Variable+"="+w.dir)
	return w, nil
}

// open makes the folder with the plan and the pipes.
func (w *waiting) open(in *scratch.Folder) (err error) {
	if w.dir, err = in.Make(prefix); err != nil {
		return err
	}
	name := "plan"
	b, ok := w.spec.Plan.([]byte)
	if !ok {
		name = "plan.json"
		if b, err = json.Marshal(w.spec.Plan); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(w.dir, name), b, 0o600); err != nil {
		return err
	}
	// Opened both ways: the open does not wait, and a reader meets no end as long as
	// hotswap lives.
	for name, f := range map[string]**os.File{"up": &w.up, "down": &w.down} {
		path := filepath.Join(w.dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			return err
		}
		if *f, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
			return err
		}
	}
	return nil
}

// listen calls each for the messages until the program waits, and returns nil, or says why the
// program never will.
func (w *waiting) listen(ctx context.Context, each func(message)) error {
	defer context.AfterFunc(ctx, func() { _ = w.up.SetReadDeadline(time.Unix(1, 0)) })()
	lines := bufio.NewScanner(w.up)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("a message of a standby: %w", err)
		}
		each(m)
		switch m.Type {
		case "foreign":
			err := never{fmt.Errorf("%s would run before the program", m.text())}
			w.known.refuse(err, w.spec.Files)
			return err
		case "ready", "ended":
			return nil
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(errors.New("it says nothing any more"), lines.Err())
}

// Ready returns when the program waits, or says why it never will. A package that does in a
// standby what it did not do in a rehearsal is not loaded ahead any more.
func (s *Standby) Ready(ctx context.Context) error {
	o := newObserved()
	err := s.listen(ctx, o.add)
	if err == nil {
		err = s.known.leave(s.spec.Packages, o.did)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for file := range o.read[""] {
		s.spec.Files.TakeRead(file)
		if err == nil && s.spec.Files[archive(file)].Time > o.began.UnixNano() {
			err = fmt.Errorf("%s changes while it is read", file)
		}
	}
	if err == nil {
		err = s.validate()
	}
	s.err = err
	return err
}

// Loaded returns how many packages the standby loads, and the names of the others with the
// reasons.
func (s *Standby) Loaded() (ahead int, left []string) { return s.spec.Choice.Summary(s.spec.Packages) }

// Validate says why the standby must not be used: a file has changed on which it depends.
func (s *Standby) Validate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return s.validate()
}

func (w *waiting) validate() error {
	if err := w.spec.Files.Validate(w.spec.Settings()); err != nil || w.spec.Validate == nil {
		return err
	}
	return w.spec.Validate(w.known.Missing())
}

// Resume lets the program run, now or as soon as it arrives where it would wait.
func (s *Standby) Resume() error {
	f, err := os.OpenFile(filepath.Join(s.dir, "go"), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("resume the standby: %w", err)
	}
	_ = f.Close()
	// What the standby writes from now on is discarded, so that it never waits.
	go func() {
		// Ready's AfterFunc may set its deadline only now, once.
		for err := os.ErrDeadlineExceeded; errors.Is(err, os.ErrDeadlineExceeded); {
			_ = s.up.SetReadDeadline(time.Time{})
			_, err = io.Copy(io.Discard, s.up)
		}
	}()
	if _, err := s.down.Write(make([]byte, maxProcesses)); err != nil {
		return fmt.Errorf("resume the standby: %w", err)
	}
	return nil
}

// Close removes the folder. A process that has not arrived by then ends itself.
func (w *waiting) Close() error {
	for _, f := range []*os.File{w.up, w.down} {
		if f != nil {
			_ = f.Close()
		}
	}
	_ = os.RemoveAll(w.dir)
	return nil
}
