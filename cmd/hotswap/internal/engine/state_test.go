package engine

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// disk is a journal that fails with full.
type disk struct {
	store.Journal
	full error
}

func (d *disk) Commit([]store.Change, uint64, iter.Seq[store.Item]) error { return d.full }

func TestStateThatCannotBeWrittenIsReportedOnce(t *testing.T) {
	var got []string
	d := &disk{}
	j := &reporting{Journal: d, path: "x.db", report: func(err error) {
		if err == nil {
			err = errors.New("works")
		}
		got = append(got, err.Error())
	}}
	full := errors.New("no space")
	for _, d.full = range []error{nil, full, full, nil, nil, full} {
		if err := j.Commit(nil, 1, nil); err != d.full {
			t.Errorf("%v, want %v", err, d.full)
		}
	}
	if want := []string{"--state-file x.db: no space", "works", "--state-file x.db: no space"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
