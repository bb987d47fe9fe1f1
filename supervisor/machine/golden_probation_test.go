package machine

import (
	"testing"
	"time"
)

// trial is the policy of somebody at work, with probation.
var trial = Policy{Watching: true, Probation: 2 * time.Second}

// onProbation is a story in which 2 serves and 1 is held.
func onProbation(t *testing.T, p Policy) *story {
	t.Helper()
	return serving(t, p).on(save("a.ts")).after(300*time.Millisecond).boot(2, portA).quiet()
}

func TestStoryHeldEnds(t *testing.T) {
	onProbation(t, trial).end(1, crash).end(2, crash).want(`
		0.300 1 ended: exit 1, 0 left
			! 1 drained in 0s, busy false, killed false
		0.300 2 ended: exit 1, 0 left
			! 2 crashed: exit 1, 0 left; restart
			start 3 crash
	`)
	onProbation(t, trial).on(Exited{Gen: 1, Exit: crash, Left: 1}, Drained{Gen: 1}, Gone{Gen: 1}).want(`
		0.300 1 ended: exit 1, 1 left
			drain 1
		0.300 1 drained
			signal 1
		0.300 1 gone
			! 1 drained in 0s, busy false, killed false
	`)
}

// One that does not answer any more is as bad as one that has ended, but it has to be stopped.
func TestStoryProbationUnwell(t *testing.T) {
	s := onProbation(t, trial).after(time.Second).on(Unwell{Gen: 2, Why: "500"})
	s.want(`
		1.300 2 is unwell: 500
			undrain 1
			cutover 1
			drain 2
			! 2 gave way to 1 again: exit 0, 0 left, served 1s, by hand false
	`)
	if st := s.m.Status(); st.Generation != 1 || st.RolledBackFrom != 2 || st.FailedSwaps != 1 {
		t.Errorf("status %+v", st)
	}
	onProbation(t, trial).after(3 * time.Second).quiet().on(Unwell{Gen: 2, Why: "500"}).want("")
}
