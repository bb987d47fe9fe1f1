package engine

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/kept"
)

// errStored is why there is no standby: a process that waits has the descriptors that were stored when it
// was started, and the program may store and remove some until the swap.
var errStored = errors.New("the program stores descriptors (FDSTORE=1), and gets those at its start")

// storing makes no standby while the program stores descriptors.
type storing struct {
	supervisor.Warmer
	table *kept.Table
}

func (w storing) Prepare(l *handoff.Launch) (supervisor.Standby, error) {
	if w.table.Stores() {
		return nil, known{errStored, supervisor.ErrNever}
	}
	s, err := w.Warmer.Prepare(l)
	if err != nil {
		return nil, err
	}
	return storingStandby{s, w.table}, nil
}

// Rehearse refuses a rehearsal for a standby that there can not be.
func (w storing) Rehearse(l *handoff.Launch) (supervisor.Rehearsal, error) {
	if w.table.Stores() {
		return nil, known{errStored, supervisor.ErrNever}
	}
	return w.Warmer.Rehearse(l)
}

type storingStandby struct {
	supervisor.Standby
	table *kept.Table
}

func (s storingStandby) Validate() error {
	if s.table.Stores() {
		return errStored
	}
	return s.Standby.Validate()
}
