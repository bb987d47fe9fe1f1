package instance

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

const (
	// claimWithin is how long another hotswap may take to end what a killed one left:
	// the keepers' time, SIGTERM's and SIGKILL's, and a while.
	claimWithin = 12 * time.Second

	// claimSilently is how long the user waits for that without being told why.
	claimSilently = time.Second
)

// Reporter hears what becomes of this hotswap's record, its control socket and what others left.
type instanceReporter interface {
	ControlUnavailable(error)
	RecordFailed(error)
	Leftovers(processes int, of record.Record)
	LeftoversWait(of record.Record)
	LeftoversLocked(of record.Record, err error)
	LeftoversKept(of record.Record, keepers []proc.Identity)
	LeftoversStay(of record.Record, left []proc.Identity)
}

// endLeftovers ends what hotswaps that were killed have left: their keepers do
// that, but may have been killed too. A hotswap that lives is left alone, and so
// is one that this one was started below.
func EndLeftovers(say instanceReporter) {
	for _, dir := range record.Homes() {
		for _, r := range dir.All() {
			if !r.SameNamespace() || r.Alive() || os.Getenv(options.RunEnv) == r.Run || answers(r) {
				continue
			}
			endLeftoversOf(r, dir, say)
		}
	}
}

// endLeftoversOf ends what one run has left, and forgets it, unless another process is
// at it.
func endLeftoversOf(r record.Record, dir record.Dir, say instanceReporter) {
	ctx, cancel := context.WithTimeout(context.Background(), claimWithin)
	defer cancel()
	waits := time.AfterFunc(claimSilently, func() { say.LeftoversWait(r) })
	release, err := dir.Claim(ctx, r.Run)
	waits.Stop()
	if errors.Is(err, record.ErrNothingLeft) {
		return
	}
	if err != nil {
		say.LeftoversLocked(r, err)
		return
	}
	defer release()
	var o proc.Outcome
	if r.SameBoot() {
		o = proc.EndLeftovers(proc.Leftovers{Marker: options.RunEnv + "=" + r.Run, Since: r.Since(), Roots: roots(r), Keepers: r.Keepers})
	}
	if len(o.Kept) > 0 {
		say.LeftoversKept(r, o.Kept)
		return
	}
	if r.Control != "" {
		control.RemoveDead(r.Control)
	}
	dir.RemoveAll(r.Run)
	if o.Ended > 0 {
		say.Leftovers(o.Ended, r)
	}
	if len(o.Left) > 0 {
		say.LeftoversStay(r, o.Left)
	}
}

// answers says whether the run's hotswap can be spoken with: then the record is
// an old one.
func answers(r record.Record) bool {
	return r.Control != "" && errors.Is(control.Vacant(r.Control), control.ErrInUse)
}

func roots(r record.Record) []proc.Identity {
	var out []proc.Identity
	for _, g := range r.Generations {
		out = append(out, g.Identity)
	}
	return out
}
