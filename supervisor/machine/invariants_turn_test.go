package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// turnAudit checks that no two boots in a row are given up for a newer request, unless the second was slow, or must end.
type turnAudit struct {
	alone   bool // what comes in this step demands that everything ends
	served  bool
	slowest time.Duration
	row     int
	runs    map[GenID]bool // programs that run without listening
}

func (t *turnAudit) heard(ev Event) {
	_, step := ev.(build.Alone)
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
	case report.NoticeFailed:
		if n.Why != report.WhySuperseded {
			t.row = 0
			return
		}
		slow := n.After >= max(time.Second, time.Duration(t.row+1)*t.slowest)
		a.want(t.row == 0 || slow || !t.served || t.alone || t.runs[n.Gen] || a.overdue[n.Gen],
			"generation %d is given up after %v behind %d others, and a boot takes up to %v", n.Gen, n.After, t.row, t.slowest)
		t.row++
	}
}
