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

// ErrAgain is in the error of a standby after which the next one is made differently.
var ErrAgain = errors.New("the next standby does without")

// ErrOutdated is in the error if the program has to be inspected before the next standby.
var ErrOutdated = errors.New("the program has to be inspected first")

// ErrNever is in the error of a program that can have no standby.
var ErrNever = errors.New("there can be none")

type never struct{ error }

func (never) Is(target error) bool { return target == ErrNever }

// Spec is what a standby is made by.
type Spec struct {
	Variable string     // of the environment, with the path of the standby's folder
	Plan     any        // for the standby's processes: []byte becomes the file plan, all else plan.json
	Bare     bool       // it loads no packages
	Files    FileStates // that must not change
	// Settings returns files in their present state, of which none may be new.
	Settings func() FileStates
	// Validate says what else has changed. missing are modules that were looked for in
	// vain. Nil: nothing can have changed.
	Validate func(missing []string) error
	Resumed  func() // called when the standby is resumed; may be nil
}

// Standby is a program that waits right before its own code, or is about to.
type Standby struct {
	spec    Spec
	history *History
	plan    string // as it is written
	proof   *proof // of the plan; nil: the standby is its trial
	dir     string
	begun   time.Time

	up, down *os.File

	mu      sync.Mutex // guards what follows
	ready   bool
	err     error // why it cannot be used
	missing []string
}

// Prepare makes the folder of a standby, and adds to the launch what leads there.
func (h *History) Prepare(l *handoff.Launch, spec Spec) (*Standby, error) {
	if err := h.refused(spec); err != nil {
		return nil, err
	}
	s, err := newStandby(h.tmp, spec)
	if err != nil {
		return nil, fmt.Errorf("a place for the standby: %w", err)
	}
	s.history = h
	if err := s.rely(); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("a place for the standby: %w", err)
	}
	l.Env = append(slices.DeleteFunc(l.Env, func(kv string) bool { return strings.HasPrefix(kv, spec.Variable+"=") }), spec.Variable+"="+s.dir)
	return s, nil
}

// text returns the plan as it is written.
func (s Spec) text() ([]byte, error) {
	if b, ok := s.Plan.([]byte); ok {
		return b, nil
	}
	return json.Marshal(s.Plan)
}

// rely has the standby's processes load without being observed if the plan is proven.
func (s *Standby) rely() error {
	p, ok := s.history.proof(s.plan, s.spec.Settings())
	if !ok {
		return nil
	}
	s.proof, s.missing = &p, p.missing
	for path, state := range p.files {
		s.spec.Files[path] = state
	}
	return os.WriteFile(filepath.Join(s.dir, "proven"), nil, 0o600)
}

func newStandby(in *scratch.Folder, spec Spec) (*Standby, error) {
	dir, err := in.Make(prefix)
	if err != nil {
		return nil, err
	}
	name := "plan"
	if _, ok := spec.Plan.([]byte); !ok {
		name = "plan.json"
	}
	b, err := spec.text()
	s := &Standby{spec: spec, plan: string(b), dir: dir, begun: time.Now()}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
	}
	// Opened both ways: the open does not wait, and a reader meets no end as long as
	// hotswap lives.
	for name, f := range map[string]**os.File{"up": &s.up, "down": &s.down} {
		path := filepath.Join(dir, name)
		if err == nil {
			err = syscall.Mkfifo(path, 0o600)
		}
		if err == nil {
			*f, err = os.OpenFile(path, os.O_RDWR, 0)
		}
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// Ready returns when the program waits, or says why it never will.
func (s *Standby) Ready(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.up.SetReadDeadline(time.Unix(1, 0)) })()
	lines := bufio.NewScanner(s.up)
	lines.Buffer(nil, maxLine)
	var result trialResult
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("a message of a standby: %w", err)
		}
		result.add(m)
		switch m.Type {
		case "foreign":
			err := never{fmt.Errorf("%s would run before the program", m.text())}
			s.history.refuse(err, s.spec.Files)
			return err
		case "ready", "ended":
			return s.finish(result)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(errors.New("it says nothing any more"), lines.Err())
}

// finish judges a standby that has loaded everything.
func (s *Standby) finish(result trialResult) error {
	s.history.learn(result)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proof == nil {
		s.missing = result.missing
	}
	if s.err = s.judgeLocked(result); s.err != nil {
		return fmt.Errorf("%w: %w", s.err, ErrAgain)
	}
	s.ready = true
	s.history.prove(s.plan, proof{s.spec.Files, s.missing})
	return nil
}

func (s *Standby) judgeLocked(result trialResult) error {
	if err := result.err(); err != nil {
		return err
	}
	s.spec.Files.TakeRead(result.files...)
	for _, path := range result.files {
		if s.spec.Files[archive(path)].mtime.After(s.begun) {
			return fmt.Errorf("%s changes while it is read", path)
		}
	}
	return s.validateLocked()
}

// Proven reports whether a standby with the same plan has become ready, this one or one before.
// Any other one that loads packages may do anything until it is ready.
func (s *Standby) Proven() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready || s.proof != nil
}

// Validate says why the standby must not be used. The supervisor uses none that is not ready:
// its main process may have run the program already.
func (s *Standby) Validate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return s.validateLocked()
}

// Differs says how a standby of that spec would differ; nil: it would do the same, and nothing
// else would make it stale.
func (s *Standby) Differs(spec Spec) error {
	plan, err := spec.text()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if string(plan) != s.plan {
		return errors.New("the program loads something else now")
	}
	for path := range spec.Files {
		if _, ok := s.spec.Files[path]; !ok {
			return fmt.Errorf("the program depends on %s now", path)
		}
	}
	return s.validateLocked()
}

func (s *Standby) validateLocked() error {
	if err := s.spec.Files.Validate(s.spec.Settings()); err != nil || s.spec.Validate == nil {
		return err
	}
	return s.spec.Validate(s.missing)
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
	if s.spec.Resumed != nil {
		s.spec.Resumed()
	}
	return nil
}

// Close removes the standby's folder. A process that has not arrived by then ends itself.
func (s *Standby) Close() error {
	for _, f := range []*os.File{s.up, s.down} {
		if f != nil {
			_ = f.Close()
		}
	}
	_ = os.RemoveAll(s.dir)
	return nil
}
