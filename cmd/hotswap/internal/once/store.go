package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Reporter tells the user. Its methods may be called from any goroutine.
type Reporter interface {
	// TaskWaits reports that another process runs a task of the project. pid is 0 if the
	// process is not known.
	TaskWaits(command string, pid int, since time.Time)
	// TasksNotRemembered reports, once for each error, why tasks run at each start.
	TasksNotRemembered(err error)
	// TaskNotCompared reports why a task runs although its inputs may be as they were.
	TaskNotCompared(command string, err error)
	// TasksForgotten reports that what was remembered is not used: the file is damaged, or
	// the project's folder is another one than before.
	TasksForgotten(path string, why error)
}

// errReplaced says that the project's folder is not the one whose tasks are remembered.
var errReplaced = errors.New("the folder is not the one that was there before")

// Store remembers the tasks of one project.
type Store struct {
	dir    string // the project's folder, without symbolic links
	given  string // the same as the patterns of inputs have it
	report Reporter
	turn   chan struct{} // of capacity 1: a task of this process holds it

	// The holder of turn uses these.
	home   string            // "" before the first task, and where there is none
	told   map[string]bool   // errors that were reported
	recent map[string]string // digests of inputs by command, for where there is no home
	file   *os.File          // the lock; nil: there is none
	known  memory            // what was remembered when the lock was got
	swept  bool

	changed sync.Mutex // guards Task.changes and Task.owed
}

// Open returns the memory of the project in dir, an absolute path. It reads nothing yet.
func Open(dir string, report Reporter) *Store {
	given := dir
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return &Store{dir: dir, given: given, report: report, turn: make(chan struct{}, 1), told: map[string]bool{}, recent: map[string]string{}}
}

// path returns the path of the project's files without their extension.
func (s *Store) path() string {
	sum := sha256.Sum256([]byte(s.dir))
	return filepath.Join(s.home, hex.EncodeToString(sum[:16]))
}

// acquire gets the project's lock. It returns an error only when ctx ends: where there can
// be no lock, the user is told and the task runs without one.
func (s *Store) acquire(ctx context.Context, command string) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if s.home == "" {
		var err error
		if s.home, err = home(); err != nil {
			s.home = ""
			s.tell(err)
			return nil
		}
	}
	f, err := lock(ctx, s.path()+".lock", func(h holder) { s.report.TaskWaits(command, h.PID, h.Since) })
	if ctx.Err() != nil {
		if f != nil {
			unlock(f)
		}
		<-s.turn
		return context.Cause(ctx)
	}
	if err != nil {
		s.tell(err)
	}
	s.file = f
	return nil
}

func (s *Store) release() {
	if s.file != nil {
		unlock(s.file)
		s.file = nil
	}
	<-s.turn
}

// tell reports an error once.
func (s *Store) tell(err error) {
	if !s.told[err.Error()] {
		s.told[err.Error()] = true
		s.report.TasksNotRemembered(err)
	}
}

// load returns what is remembered of the project as it is now.
func (s *Store) load() memory {
	is, err := identify(s.dir)
	if err != nil {
		s.tell(err)
	}
	fresh := memory{Format: format, Project: s.dir, Folder: is}
	if s.file == nil || err != nil {
		for command, inputs := range s.recent {
			fresh.Tasks = append(fresh.Tasks, entry{Command: command, Inputs: inputs})
		}
		return fresh
	}
	path := s.path() + ".json"
	m, err := read(path)
	switch {
	case err != nil:
		s.report.TasksForgotten(path, err)
		return fresh
	case m.Format == 0: // there is no file
		return fresh
	case m.Folder != is || m.Project != s.dir:
		s.report.TasksForgotten(path, errReplaced)
		return fresh
	}
	return m
}

// save remembers a success.
func (s *Store) save(e entry) {
	if len(s.recent) < maxTasks {
		s.recent[e.Command] = e.Inputs
	}
	if s.file == nil {
		return
	}
	s.known.remember(e)
	if err := write(s.path()+".json", s.known); err != nil {
		s.tell(err)
		return
	}
	if !s.swept {
		s.swept = true
		sweep(s.home, time.Now())
	}
}
