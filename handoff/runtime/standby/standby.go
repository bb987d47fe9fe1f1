package standby

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
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

// Spec describes a standby or a rehearsal.
type Spec struct {
	Choice                     // which packages the standby loads
	Variable string            // of the environment, with the path of the folder
	Plan     any               // for the processes: []byte becomes the file plan, all else plan.json
	Files    FileStates        // that must not change
	Settings func() FileStates // present states of files, of which none may be new
	GivenBy  string            // see [handoff.Standby]
}

// Standby is a program that waits, or will wait, right before its own code. A rehearsal is a Standby, too: it loads
// packages to show what they do, never runs the program's own code, and is thrown away.
type Standby struct {
	Spec
	known    *Knowledge
	dir      string
	up, down *os.File
	seen     observed // of the goroutine of Ready, and later of that of Learn

	mu  sync.Mutex // guards what follows
	err error      // why the standby cannot be used
}

// Prepare makes the folder of a standby, and adds the variable that names the folder to the launch.
func (k *Knowledge) Prepare(l *handoff.Launch, in *scratch.Folder, spec Spec) (*Standby, error) {
	maps.Copy(spec.reads, spec.Files)
	spec.Files = spec.reads
	if err := k.refused(spec); err != nil {
		return nil, err
	}
	s := &Standby{Spec: spec, known: k, seen: newObserved()}
	s.seen.left = spec.Left
	if err := s.open(in); err != nil {
		s.Close()
		return nil, fmt.Errorf("a place for the standby: %w", err)
	}
	l.Env = append(handoff.Without(l.Env, spec.Variable), spec.Variable+"="+s.dir)
	return s, nil
}

// open makes the folder with the plan and the pipes.
func (s *Standby) open(in *scratch.Folder) (err error) {
	s.dir, err = in.Make(prefix)
	if err != nil {
		return err
	}
	name := "plan"
	b, ok := s.Plan.([]byte)
	if !ok {
		name = "plan.json"
		b, err = json.Marshal(s.Plan)
		if err != nil {
			return err
		}
	}
	plan := filepath.Join(s.dir, name)
	if err := errors.Join(os.WriteFile(plan, b, 0o600), os.Chmod(plan, 0o644)); err != nil {
		return err
	}
	// Opened both ways, so that the open does not wait, and a reader meets no end while hotswap lives.
	for name, f := range map[string]**os.File{"up": &s.up, "down": &s.down} {
		path := filepath.Join(s.dir, name)
		// only users that may enter the folder reach it
		if err := errors.Join(syscall.Mkfifo(path, 0o600), os.Chmod(path, 0o666)); err != nil {
			return err
		}
		*f, err = os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
	}
	return nil
}

// listen notes messages until the program waits. An error says why the program never will.
func (s *Standby) listen(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.up.SetReadDeadline(time.Unix(1, 0)) })()
	lines := bufio.NewScanner(s.up)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("a message of a standby: %w", err)
		}
		s.seen.add(m)
		switch m.Type {
		case "foreign", "fails":
			if m.Type == "foreign" {
				m.What += " would run before the program"
			}
			err := handoff.Never(m.What)
			s.known.refuse(err, s.Files)
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

// Ready returns when the program waits. An error says why the program never will. A package that did something here,
// and nothing in its rehearsal, is left to the program from now on.
func (s *Standby) Ready(ctx context.Context) error {
	err := s.listen(ctx)
	if s.Rehearse {
		if err == nil && s.seen.facts > maxFacts {
			err = fmt.Errorf("its packages show more than %d facts", maxFacts)
		}
		return err
	}
	if err == nil {
		err = s.known.leave(s.Packages, s.seen.did)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for file := range s.seen.of("").Read {
		s.Files.take(file, true)
		if err == nil && s.Files[archive(file)].Time > s.seen.began.UnixNano() {
			err = fmt.Errorf("%s changes while it is read", file)
		}
	}
	s.err = err
	return err
}

// GivenBy returns the command that may have given the program what is out of date later.
func (s *Standby) GivenBy() string { return s.Spec.GivenBy }

// Validate returns an error if the standby must not be used: a file on which it depends has changed.
func (s *Standby) Validate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return s.Files.Validate(s.Settings())
}

// Resume lets the program run on, now or when it arrives where it would wait.
func (s *Standby) Resume() error {
	f, err := os.OpenFile(filepath.Join(s.dir, "go"), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("resume the standby: %w", err)
	}
	f.Close()
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

// Learn notes what a rehearsal has shown, and reports whether another rehearsal would show more. Nothing of the
// rehearsal runs any more. failed says why it did not come to its end; nil: it did. A rehearsal that had no time to
// load any package shows nothing: the machine is busy, and the next generation rehearses again.
func (s *Standby) Learn(failed error) (again bool) {
	var timeout interface{ Timeout() bool }
	if errors.As(failed, &timeout) && timeout.Timeout() && s.seen.loading == "" {
		return false
	}
	tried := slices.DeleteFunc(slices.Clone(s.Packages), func(p Package) bool {
		return !s.Loads(p.Name)
	})
	if failed != nil && len(s.seen.did) == 0 {
		return s.known.failed(tried, s.seen.loading, failed.Error())
	}
	return s.known.absorb(tried, s.Value, s.seen)
}

// Close removes the folder. A process that arrives later ends itself.
func (s *Standby) Close() error {
	s.up.Close() // nil: there is none
	s.down.Close()
	_ = os.RemoveAll(s.dir)
	return nil
}
