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
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const (
	prefix  = "standby-"
	letGo   = 4096 // processes that may wait, each of which reads a byte: it fits into any pipe
	maxLine = 1 << 20
	prepare = 1 // the byte; others say nothing
)

// ErrAgain is in the error of a standby that has taught how to make a better one.
var ErrAgain = errors.New("the next standby does without")

// ErrNever is in the error of a standby of which there can be none.
var ErrNever = errors.New("there can be none")

// never is why.
type never struct{ error }

func (never) Is(target error) bool { return target == ErrNever }

// Order is what a standby is made by.
type Order struct {
	Variable string // of the environment, for the path of the standby's folder
	Plan     any    // that its processes read: plan, if it is bytes, else plan.json
	Bare     bool   // it loads nothing that could do anything
	Prepares bool   // its main process knows the byte that says so
	Files    Stamps // that must not change
	// Settings are files as they are now, of which none may be new.
	Settings func() Stamps
	// Also says what else has changed; nil: nothing does. Its processes have looked
	// for the modules that are missed, and found none.
	Also func(missed []string) error
	Went func() // is called when it goes; nil: nobody wants to know
}

// Standby is a program that waits, or is about to.
type Standby struct {
	Order
	book  *Book
	key   string // the same for those that load the same
	dir   string
	begun time.Time

	up, down *os.File

	mu     sync.Mutex // guards what follows
	held   bool       // its main process is there
	ready  bool
	wrong  error // why it is of no use
	missed []string
}

// Hold makes the place of a standby, and adds to the launch what leads there.
func (b *Book) Hold(l *handoff.Launch, o Order) (*Standby, error) {
	if err := b.refused(o); err != nil {
		return nil, err
	}
	s, err := newStandby(b.tmp, o)
	if err != nil {
		return nil, fmt.Errorf("a place for the standby: %w", err)
	}
	s.book = b
	s.Files.TakeRead(b.readBy(s.key)...)
	l.Env = append(slices.DeleteFunc(l.Env, func(kv string) bool { return strings.HasPrefix(kv, o.Variable+"=") }), o.Variable+"="+s.dir)
	return s, nil
}

func newStandby(in *scratch.Folder, o Order) (*Standby, error) {
	dir, err := in.Make(prefix)
	if err != nil {
		return nil, err
	}
	name := "plan"
	b, ok := o.Plan.([]byte)
	if !ok {
		name = "plan.json"
		b, err = json.Marshal(o.Plan)
	}
	s := &Standby{Order: o, key: string(b), dir: dir, begun: time.Now()}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
	}
	// Open both ways: opening waits for nobody, and a reader is never at an end as
	// long as we are there.
	for name, f := range map[string]**os.File{"up": &s.up, "down": &s.down} {
		path := filepath.Join(dir, name)
		if err == nil {
			err = makePipe(path)
		}
		if err == nil {
			*f, err = os.OpenFile(path, os.O_RDWR, 0)
		}
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// Ready returns when the program waits, or says why it never will.
func (s *Standby) Ready(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.up.SetReadDeadline(time.Unix(1, 0)) })()
	lines := bufio.NewScanner(s.up)
	lines.Buffer(nil, maxLine)
	var learned experience
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("what a standby says: %w", err)
		}
		learned.hear(m)
		switch m.Type {
		case "held":
			s.mu.Lock()
			s.held = true
			s.mu.Unlock()
		case "foreign":
			err := never{fmt.Errorf("%s would run before the program", m.text())}
			s.book.refuse(err, s.Files)
			return err
		case "ready", "ended":
			return s.arrived(learned)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(errors.New("it says nothing any more"), lines.Err())
}

// arrived decides about a standby that has loaded everything.
func (s *Standby) arrived(learned experience) error {
	s.book.learn(learned)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missed = learned.missed
	if s.wrong = s.judgeLocked(learned); s.wrong != nil {
		return fmt.Errorf("%w: %w", s.wrong, ErrAgain)
	}
	s.ready = true
	s.book.proved(s.key, learned.files)
	return nil
}

// judgeLocked says why it is of no use.
func (s *Standby) judgeLocked(learned experience) error {
	if err := learned.wrong(); err != nil {
		return err
	}
	s.Files.TakeRead(learned.files...)
	for _, path := range learned.files {
		if s.Files[archive(path)].mtime.After(s.begun) {
			return fmt.Errorf("%s changes while it is read", path)
		}
	}
	return s.freshLocked()
}

// Validate says why the standby must not be used: what has changed since. One whose main
// process has not said that it is held must not either: it may be that nothing holds
// it, and then it has run the program as it was. Nor one that
// has begun to load what no other one has loaded before is not: nobody knows what
// comes of it.
func (s *Standby) Validate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong != nil {
		return s.wrong
	}
	if err := s.freshLocked(); err != nil {
		return err
	}
	if !s.held {
		return errors.New("its program has not come to where it waits")
	}
	if !s.ready && !s.Bare && !s.book.isProved(s.key) {
		return errors.New("it is the first of its kind, and not ready")
	}
	return nil
}

func (s *Standby) freshLocked() error {
	if err := s.Files.Fresh(s.Settings()); err != nil || s.Also == nil {
		return err
	}
	return s.Also(s.missed)
}

// Prepare tells the main process, which waits, that its time is likely to come.
func (s *Standby) Prepare() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.Prepares || !s.ready {
		return nil
	}
	if _, err := s.down.Write([]byte{prepare}); err != nil {
		return fmt.Errorf("let the standby prepare: %w", err)
	}
	return nil
}

// Resume lets the program go on, now or as soon as it arrives there.
func (s *Standby) Resume() error {
	f, err := os.OpenFile(filepath.Join(s.dir, "go"), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("let the standby go: %w", err)
	}
	_ = f.Close()
	// What it says from now on interests nobody, but may not make it wait.
	go func() {
		// Ready's end may set its deadline only now, once.
		for err := os.ErrDeadlineExceeded; errors.Is(err, os.ErrDeadlineExceeded); {
			_ = s.up.SetReadDeadline(time.Time{})
			_, err = io.Copy(io.Discard, s.up)
		}
	}()
	if _, err := s.down.Write(make([]byte, letGo)); err != nil {
		return fmt.Errorf("let the standby go: %w", err)
	}
	if s.Went != nil {
		s.Went()
	}
	return nil
}

// Close removes what Hold has made. What has not arrived by now ends itself.
func (s *Standby) Close() error {
	s.remove()
	return nil
}

func (s *Standby) remove() {
	for _, f := range []*os.File{s.up, s.down} {
		if f != nil {
			_ = f.Close()
		}
	}
	_ = os.RemoveAll(s.dir)
}
