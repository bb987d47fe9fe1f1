package instance

import (
	"fmt"
	"os"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// EndLeftovers ends the processes of hotswaps that were killed together with the keepers
// that would have ended those processes. It leaves alone each hotswap that lives, and the
// one below which this hotswap runs.
func EndLeftovers(report reporter) {
	for _, dir := range record.Homes() {
		for _, r := range dir.All() {
			if r.SameNamespace() && !r.Alive() && os.Getenv(options.RunEnv) != r.Run &&
				(r.Control == "" || !control.Answers(r.Control)) { // one that answers has a record that is out of date
				endLeftovers(r, dir, report)
			}
		}
	}
}

// endLeftovers ends the processes of one run and removes its record. Several hotswaps that start at once may do so:
// each returns when nothing is left, and a process may get SIGTERM from each.
func endLeftovers(r record.Record, dir record.Dir, report reporter) {
	var o proc.Outcome
	if r.SameBoot() {
		o = proc.EndLeftovers(proc.Leftovers{Marker: options.RunEnv + "=" + r.Run, Since: r.Since(),
			Roots: r.Generations, Keepers: r.Keepers})
	}
	if len(o.Keepers) > 0 {
		report.LeftoversStay(r, fmt.Errorf("keepers %v end them", numbers(o.Keepers)))
		return
	}
	dir.RemoveAll(r.Run)
	if o.Ended > 0 {
		report.Leftovers(o.Ended, r)
	}
	if len(o.Left) > 0 {
		report.LeftoversStay(r, fmt.Errorf("processes %v survive SIGKILL", numbers(o.Left)))
	}
}

func numbers(ids []proc.Identity) (pids []int) {
	for _, id := range ids {
		pids = append(pids, id.PID)
	}
	return pids
}
