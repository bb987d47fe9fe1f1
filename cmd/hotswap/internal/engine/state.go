package engine

import (
	"fmt"
	"io"
	"iter"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/store"
	"github.com/hotswap-dev/hotswap/supervisor/store/statefile"
)

// State is what programs give hotswap to keep.
type State struct {
	*store.Store
	path   string // of the file; "": there is none
	report stateReporter
}

// stateReporter prints what becomes of the state.
type stateReporter interface {
	StateFails(error)   // the file cannot be written; nil: it can again
	StateUnsaved(error) // the file is not used any more
	StateLost(error)
}

// OpenState returns the state. If a parent has it, the store is empty, and the file is the parent's, until the
// parent hands both over.
func OpenState(o options.Options, parentHas bool, report stateReporter) (*State, error) {
	s := &State{store.New(store.Limits{}), o.StateFile, report}
	if parentHas {
		return s, nil
	}
	if err := s.attachFile(); err != nil {
		return nil, exit.Unavailable(err)
	}
	return s, nil
}

// attachFile keeps the state in the file from now on, with what the file has.
func (s *State) attachFile() error {
	if s.path == "" {
		return nil
	}
	file, err := statefile.Open(s.path)
	if err != nil {
		return fmt.Errorf("--state-file %s: %w", s.path, err)
	}
	if err := s.Attach(&reporting{Journal: file, path: s.path, report: s.report.StateFails}); err != nil {
		_ = file.Close()
		return fmt.Errorf("--state-file %s: %w", s.path, err)
	}
	return nil
}

// hand writes the state for another hotswap, and leaves the file to that.
func (s *State) hand(to io.Writer) error {
	err := s.Items(func(version uint64, all iter.Seq[store.Item]) error { return statefile.Write(to, version, all) })
	if err == nil {
		_ = s.Close() // each change is on the disk
	}
	return err
}

// own takes over what the file has, or else what another hotswap has written.
func (s *State) own(from io.Reader) {
	err := s.attachFile()
	if err == nil && s.path != "" {
		return
	}
	if err != nil {
		s.report.StateUnsaved(err)
	}
	if err := s.Fill(func(add func(store.Item) error) (uint64, error) {
		version, _, err := statefile.Read(from, add)
		return version, err
	}); err != nil {
		s.report.StateLost(err)
	}
}

// reporting is a journal that reports when it begins to fail, and when it works again. The store makes one call
// at a time.
type reporting struct {
	store.Journal
	path    string
	report  func(error)
	failing bool
}

func (r *reporting) Commit(changes []store.Change, version uint64, all iter.Seq[store.Item]) error {
	err := r.Journal.Commit(changes, version, all)
	switch {
	case err != nil && !r.failing:
		r.report(fmt.Errorf("--state-file %s: %w", r.path, err))
	case err == nil && r.failing:
		r.report(nil)
	}
	r.failing = err != nil
	return err
}
