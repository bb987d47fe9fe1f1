package warm

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Variable is the path of a standby's folder.
const Variable = "HOTSWAP_HOLD"

const (
	prefix  = "hotswap-standby-"
	letGo   = 4096 // processes that may wait, each of which reads a byte: it fits into any pipe
	maxLine = 1 << 20
)

// ErrAgain is in the error of a standby that has taught how to make a better one.
var ErrAgain = errors.New("the next standby does without")

// Standby is a program that waits, or is about to.
type Standby struct {
	of    *Warmer
	gen   handoff.GenID
	plan  plan
	dir   string
	dirs  []string // whose settings count
	begun time.Time

	up, down *os.File

	mu    sync.Mutex // guards what follows
	held  bool       // its main process is there
	ready bool
	files stamps
}

func newStandby(in string, p plan) (*Standby, error) {
	dir, err := os.MkdirTemp(in, prefix) // closed to others
	if err != nil {
		return nil, err
	}
	s := &Standby{plan: p, dir: dir, begun: time.Now()}
	b, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "plan.json"), b, 0o600)
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
			return fmt.Errorf("%s would run before the program", m.text())
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
	s.of.learn(learned)
	if err := learned.wrong(); err != nil {
		return fmt.Errorf("%w: %w", err, ErrAgain)
	}
	s.mu.Lock()
	s.files.takeRead(learned.files...)
	s.ready = true
	files, dirs := s.files, s.dirs
	for _, path := range learned.files {
		if files[archive(path)].mtime.After(s.begun) {
			s.mu.Unlock()
			return fmt.Errorf("%s changes while it is read: %w", path, ErrAgain)
		}
	}
	s.mu.Unlock()
	if err := files.fresh(dirs...); err != nil {
		return fmt.Errorf("%w: %w", err, ErrAgain)
	}
	s.of.proved(s.plan)
	return nil
}

// Fresh says what has changed since, so that the standby must not be used. One that
// has begun to load what no other one has loaded before is not: nobody knows what
// comes of it.
func (s *Standby) Fresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held && !s.ready && !s.of.isProved(s.plan) {
		return errors.New("it is the first of its kind, and not ready")
	}
	return s.files.fresh(s.dirs...)
}

// Go lets the program go on, now or as soon as it arrives there.
func (s *Standby) Go() error {
	f, err := os.OpenFile(filepath.Join(s.dir, "go"), os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("let the standby go: %w", err)
	}
	_ = f.Close()
	// What it says from now on interests nobody, but may not make it wait.
	_ = s.up.SetReadDeadline(time.Time{})
	go func() { _, _ = io.Copy(io.Discard, s.up) }()
	if _, err := s.down.Write(make([]byte, letGo)); err != nil {
		return fmt.Errorf("let the standby go: %w", err)
	}
	s.of.went(s.gen, s.plan)
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

// sweep removes the folders of a hotswap that was killed: nobody reads there.
func sweep(in string) {
	left, _ := filepath.Glob(filepath.Join(in, prefix+"*"))
	for _, dir := range left {
		if handoff.Private(dir) == nil && abandoned(filepath.Join(dir, "up")) {
			_ = os.RemoveAll(dir)
		}
	}
}
