package main

import (
	"errors"
	"os"

	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
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
			release, ok := dir.Claim(r.Run) // another one may be at it
			if !ok {
				continue
			}
			n, done := 0, true
			if r.Booted() {
				n, done = proc.EndLeftovers(runEnv+"="+r.Run, roots(r))
			}
			if done {
				if r.Control != "" {
					control.RemoveDead(r.Control)
				}
				dir.Remove(r.Run)
			}
			release()
			if n > 0 {
				say.leftovers(n, r)
			}
		}
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
