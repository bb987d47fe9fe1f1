package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

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

// endLeftovers ends what hotswaps that were killed have left: their keepers do
// that, but may have been killed too. A hotswap that lives is left alone, and so
// is one that this one was started below.
func endLeftovers(say lines) {
	for _, dir := range record.Homes() {
		for _, r := range dir.All() {
			if !r.Here() || r.Alive() || os.Getenv(runEnv) == r.Run || answers(r) {
				continue
			}
			endLeftoversOf(r, dir, say)
		}
	}
}

// endLeftoversOf ends what one run has left, and forgets it, unless another process is
// at it.
func endLeftoversOf(r record.Record, dir record.Dir, say lines) {
	ctx, cancel := context.WithTimeout(context.Background(), claimWithin)
	defer cancel()
	waits := time.AfterFunc(claimSilently, func() { say.leftoversWait(r) })
	release, err := dir.Claim(ctx, r.Run)
	waits.Stop()
	if errors.Is(err, record.ErrNothingLeft) {
		return
	}
	if err != nil {
		say.leftoversLocked(r, err)
		return
	}
	defer release()
	var o proc.Outcome
	if r.Booted() {
		o = proc.EndLeftovers(proc.Leftovers{Marker: runEnv + "=" + r.Run, Since: r.Since(), Roots: roots(r), Keepers: r.Keepers})
	}
	if len(o.Kept) > 0 {
		say.leftoversKept(r, o.Kept)
		return
	}
	if r.Control != "" {
		control.RemoveDead(r.Control)
	}
	dir.Remove(r.Run)
	if o.Ended > 0 {
		say.leftovers(o.Ended, r)
	}
	if len(o.Left) > 0 {
		say.leftoversStay(r, o.Left)
	}
}

// answers says whether the run's hotswap can be spoken with: then the record is
// an old one.
func answers(r record.Record) bool {
	return r.Control != "" && errors.Is(control.Vacant(r.Control), control.ErrTaken)
}

func roots(r record.Record) []proc.Identity {
	var out []proc.Identity
	for _, g := range r.Generations {
		out = append(out, g.Identity)
	}
	return out
}

func (l lines) leftovers(n int, r record.Record) {
	l.log.Warn().Str("event", "leftovers").Int("processes", n).Int("pid", r.PID).Str("dir", r.Dir).Strs("command", r.Command).
		Msgf("ended %s left by a hotswap that was killed", count(n, "process"))
}

func (l lines) leftoversWait(r record.Record) {
	l.log.Info().Str("event", "leftovers-wait").Int("pid", r.PID).Str("dir", r.Dir).
		Msgf("waiting for another hotswap to end what process %d left, which was killed", r.PID)
}

func (l lines) leftoversLocked(r record.Record, err error) {
	l.log.Warn().Str("event", "leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Err(err).
		Msgf("what hotswap (process %d) left when it was killed is not ended: %v; if that process is a stopped hotswap (Ctrl-Z), let it go on by fg", r.PID, err)
}

func (l lines) leftoversKept(r record.Record, keepers []proc.Identity) {
	l.log.Warn().Str("event", "leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Ints("processes", numbers(keepers)).
		Msgf("what hotswap (process %d) left when it was killed is not ended: %s still at it; see what hangs below by ps --forest", r.PID, whichAre(keepers))
}

func (l lines) leftoversStay(r record.Record, left []proc.Identity) {
	l.log.Warn().Str("event", "leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Ints("processes", numbers(left)).
		Msgf("%s left by hotswap (process %d), which was killed, and not ended by SIGKILL: end by hand what is still there", whichAre(left), r.PID)
}

// whichAre is "process 7 is", "processes 7, 8 are".
func whichAre(ids []proc.Identity) string {
	var pids []string
	for _, n := range numbers(ids) {
		pids = append(pids, strconv.Itoa(n))
	}
	if len(pids) == 1 {
		return fmt.Sprintf("process %s is", pids[0])
	}
	return fmt.Sprintf("processes %s are", strings.Join(pids, ", "))
}

func numbers(ids []proc.Identity) []int {
	out := []int{}
	for _, id := range ids {
		out = append(out, id.PID)
	}
	return out
}
