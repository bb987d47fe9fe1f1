package run

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestDrainNews(t *testing.T) {
	busy := func(n int) report.DrainReport { return report.DrainReport{Connections: 3, Busy: n} }
	type look struct {
		at    time.Duration
		what  report.DrainReport
		tell  bool
		again time.Duration
	}
	epoch := time.Unix(0, 0)
	n := News{Began: epoch}
	for _, l := range []look{
		{0, busy(1), false, time.Second},
		{300 * time.Millisecond, busy(2), false, 700 * time.Millisecond},
		{time.Second, busy(2), true, 0},
		{2 * time.Second, busy(2), false, 0}, // told already
		{2500 * time.Millisecond, busy(1), false, 500 * time.Millisecond},
		{2600 * time.Millisecond, busy(2), false, 0}, // as told before
		{3 * time.Second, busy(1), true, 0},
		{4 * time.Second, report.DrainReport{Connections: 3, Busy: 1, Finished: 7, Closed: 2}, false, 0},
		{time.Minute, busy(0), true, 0},
		{2 * time.Minute, report.DrainReport{Finished: 8}, false, 3 * time.Second}, // the program is about to end
		{2*time.Minute + 2*time.Second, report.DrainReport{}, false, time.Second},
		{2*time.Minute + 3*time.Second, report.DrainReport{}, true, 0},
	} {
		if tell, again := n.Look(epoch.Add(l.at), l.what); tell != l.tell || again != l.again {
			t.Errorf("after %v: tell %v, again in %v; want %v, %v", l.at, tell, again, l.tell, l.again)
		}
	}
}
