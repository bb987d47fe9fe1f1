package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// turnAudit checks that no two boots in a row are given up for a newer request, and none that is half over, unless it was
// slow, or must end.
type turnAudit struct {
	alone   bool // what comes in this step demands that everything ends
	served  bool
	slowest time.Duration
	row     int
	last    map[bool]time.Duration // of the newest boot of a standby, and of another
	standby map[GenID]bool         // the boots of standbys
	runs    map[GenID]bool         // programs that run without listening
}

func (t *turnAudit) heard(ev Event) {
	_, step := ev.(build.Alone)
	if s, ok := ev.(Started); ok {
		t.standby[s.Gen] = s.Standby
	}
	c, ok := ev.(Command)
	t.alone = step || ok && (c.Do == OneAtATime || c.Do == Rollback)
}

func (a *auditor) turn(n report.Notice) {
	t := &a.turns
	switch n := n.(type) {
	case report.NoticeRunning:
		t.runs[n.Gen] = true
	case report.NoticeServing:
		t.served, t.slowest, t.row = true, max(t.slowest, n.Boot), 0
		t.last[n.Standby] = n.Boot
	case report.NoticeFailed:
		if n.Why != report.WhySuperseded {
			t.row = 0
			return
		}
		slow := n.After >= max(time.Second, time.Duration(t.row+1)*t.slowest)
		last := t.last[false]
		if warm := t.last[true]; warm > 0 && t.standby[n.Gen] {
			last = warm
		}
		early := t.row == 0 && (last == 0 || n.After < last/2)
		a.want(early || slow || !t.served || t.alone || t.runs[n.Gen] || a.overdue[n.Gen],
			"generation %d is given up after %v behind %d others, and a boot takes %v to %v", n.Gen, n.After, t.row, last, t.slowest)
		t.row++
	}
}
