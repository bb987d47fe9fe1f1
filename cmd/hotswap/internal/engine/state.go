package engine

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/store"
	"github.com/hotswap-dev/hotswap/supervisor/store/statefile"
)

// OpenState returns the store of what programs give hotswap to keep. If a parent has the state,
// the store is empty, and the file is the parent's, until the parent hands the state over.
func OpenState(o options.Options, parentHas bool) (*store.Store, error) {
	s := store.New(store.Limits{})
	if parentHas {
		return s, nil
	}
	if err := AttachFile(s, o.StateFile); err != nil {
		return nil, exit.Unavailable(err)
	}
	return s, nil
}

// AttachFile keeps the state in the file from now on; "": it does not.
func AttachFile(s *store.Store, path string) error {
	if path == "" {
		return nil
	}
	file, err := statefile.Open(path)
	if err != nil {
		return fmt.Errorf("--state-file %s: %w", path, err)
	}
	if err := s.Attach(file); err != nil {
		_ = file.Close()
		return fmt.Errorf("--state-file %s: %w", path, err)
	}
	return nil
}
