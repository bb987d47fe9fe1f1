package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A save while a generation has not begun its own code starts nothing: the generation will
// read what is on disk then. A save after that starts another one, which is held, too, since
// there is no standby yet.
func TestStoryUnbegun(t *testing.T) {
	s := serving(t, warm).after(500*time.Millisecond).quiet().on(save("a.ts"), save("b.ts"),
		Request{Cause: report.CauseCommand, Token: 7}).want(`
		0.500 batch a.ts
			adopt 2 change a.ts
	`)
	s.after(time.Second).on(standby.Waits{Gen: 2}, save("c.ts")).want(`
		1.500 2 standby ready
			resume 2
		1.500 batch c.ts
			signal 2
			! 2 failed: superseded; start
			start held 3 change a.ts b.ts c.ts
			arm 2 kill 1s
	`)
	s.on(standby.Waits{Gen: 3}).boot(3, portA)
	if got := s.m.serving().Gen; got != 3 {
		t.Errorf("%d serves", got)
	}
}

// When it turns out that a generation has to start in the usual way, nobody knows when it
// begins its own code. A save supersedes it. After two in a row each start is plain.
func TestStoryUnbegunStartsPlainly(t *testing.T) {
	s := serving(t, warm).after(500*time.Millisecond).on(save("a.ts"), save("package.json")).quiet().on(
		standby.Ended{Gen: 2, Why: standby.Failed, Err: errNoGood}, standby.Waits{Gen: 2}, save("b.ts")).want(`
		0.500 2 standby ended: failed no good
			! 2 cannot use the standby: no good
			start 2 plainly
		0.500 batch b.ts
			signal 2
			! 2 failed: superseded; start
			start held 3 change a.ts package.json b.ts
			arm 2 kill 1s
	`)
	s.on(standby.Ended{Gen: 3, Why: standby.Failed, Err: errNoGood}).want(`
		0.500 3 standby ended: failed no good
			report.NoticeNoStandby{Gen:3 Err:no good Failed:true Again:false}
			! 3 cannot use the standby: no good
			start 3 plainly
	`)
	s.on(save("c.ts")).after(time.Second)
	if s.m.last != 4 || s.m.standby.Parked() != 0 {
		t.Errorf("%d is the last one, and %d is held", s.m.last, s.m.standby.Parked())
	}
}
