package engine

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/store"
	"github.com/hotswap-dev/hotswap/supervisor/store/statefile"
)

// OpenState returns the store of what programs give hotswap to keep. If a parent has the state,
// the store is empty, and the file is the parent's, until the parent hands the state over. report is called
// when the file cannot be written, and with nil when it can be again.
func OpenState(o options.Options, parentHas bool, report func(error)) (*store.Store, error) {
	s := store.New(store.Limits{})
	if parentHas {
		return s, nil
	}
	if err := AttachFile(s, o.StateFile, report); err != nil {
		return nil, exit.Unavailable(err)
	}
	return s, nil
}

// AttachFile keeps the state in the file from now on; "": it does not. It calls report as OpenState says.
func AttachFile(s *store.Store, path string, report func(error)) error {
	if path == "" {
		return nil
	}
	file, err := statefile.Open(path)
	if err != nil {
		return fmt.Errorf("--state-file %s: %w", path, err)
	}
	if err := s.Attach(&reporting{Journal: file, path: path, report: report}); err != nil {
		_ = file.Close()
		return fmt.Errorf("--state-file %s: %w", path, err)
	}
	return nil
}

// reporting is a journal that reports when it begins to fail, and when it works again. The store makes one call
// at a time.
type reporting struct {
	store.Journal
	path    string
	report  func(error)
	failing bool
}

func (r *reporting) Commit(changes []store.Change, version uint64) error {
	err := r.Journal.Commit(changes, version)
	switch {
	case err != nil && !r.failing:
		r.report(fmt.Errorf("--state-file %s: %w", r.path, err))
	case err == nil && r.failing:
		r.report(nil)
	}
	r.failing = err != nil
	return err
}
