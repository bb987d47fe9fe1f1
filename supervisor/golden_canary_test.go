package supervisor

import (
	"testing"
	"time"
)

// cautious is the policy of somebody who tries a version on a few clients first.
var cautious = Policy{Watching: true, CanaryPercent: 10, CanaryTime: 30 * time.Second, Probation: 2 * time.Second}

// tried is a story in which 1 serves and 2 is its canary.
func tried(t *testing.T) *story {
	t.Helper()
	return serving(t, cautious).on(evRequest{cause: CauseCommand, token: 1}).after(300*time.Millisecond).boot(2, portA).quiet()
}

func TestStoryCanaryPassed(t *testing.T) {
	s := serving(t, cautious).on(evRequest{cause: CauseCommand, token: 1}).after(300*time.Millisecond).boot(2, portA, portB).phase(PhaseServing)
	if st := s.m.status(); st.Generation != 1 || st.Generations[1].State != "ready" {
		t.Errorf("status %+v", st)
	}
	s.after(30 * time.Second)
	s.want(`
		0.000 command reload
			start 2 command
			arm 2 ready 1m0s
		0.300 2 started
		0.300 2 listens 127.0.0.1:4000
			canary 2 10%
			! 2 gets 10% of [4000] for 30s, ready after 300ms by listen
			arm 2 canary 30s
		0.300 2 listens 127.0.0.1:4001
			canary 2 10%
			! 2 also serves 127.0.0.1:4001
		30.300 2 expired canary
			cutover 2
			drain 1 held
			! 2 serves [4000 4001] for command after 300ms by listen, replaces 1, unserved []
			reply 1: serves 2
			arm 1 hold 2s
	`)
}

func TestStoryCanaryFirstGenerationGoesStraight(t *testing.T) {
	newStory(t, cautious).on(begin).boot(1, portA).want(`
		0.000 begin
			start 1 first
			arm 1 ready 1m0s
		0.000 1 started
			arm 1 lived 1s
		0.000 1 listens 127.0.0.1:4000
			cutover 1
			! 1 serves [4000] for first after 0s by listen, replaces 0, unserved []
	`)
}

func TestStoryCanaryCrashes(t *testing.T) {
	s := tried(t).after(time.Second).end(2, crash)
	if st := s.m.status(); st.Generation != 1 || st.RolledBackFrom != 2 || st.FailedSwaps != 1 {
		t.Errorf("status %+v", st)
	}
	s.want(`
		1.300 2 ended: exit 1, 0 left
			cutover 1
			! 2 failed: canary; keeps 0s 1
			reply 1: failed 2
		1.300 2 gone
			forget 2
	`)
	tried(t).on(evGone{gen: 2}).want(`
		0.300 2 gone
			cutover 1
			! 2 failed: canary; keeps 0s 1
			reply 1: failed 2
			forget 2
	`)
	// A wrapper that dies has clients below it.
	tried(t).on(evExited{2, Exit{}, 1}).want(`
		0.300 2 ended: exit 0, 1 left
			cutover 1
			drain 2
			! 2 failed: canary; keeps 0s 1
			reply 1: failed 2
			arm 2 stop 7s
			arm 2 kill 10s
	`)
}

func TestStoryCanarySuperseded(t *testing.T) {
	tried(t).on(save("b.ts")).boot(3, portA).want(`
		0.300 batch b.ts
			cutover 1
			drain 2
			! 2 failed: superseded; start
			start 3 change b.ts
			arm 2 stop 7s
			arm 2 kill 10s
			arm 3 ready 1m0s
		0.300 3 started
		0.300 3 listens 127.0.0.1:4000
			canary 3 10%
			! 3 gets 10% of [4000] for 30s, ready after 0s by listen
			arm 3 canary 30s
	`)
}

func TestStoryCanaryStopped(t *testing.T) {
	tried(t).on(evCommand{cmd: cmdStop, token: 2}).want(`
		0.300 command stop
			cutover 1
			drain 2
			reply 1: stopping 2
			drain 1 unrelieved
			! stopping, 2 alive, now false
			arm 1 stop 7s
			arm 1 kill 10s
			arm 2 stop 7s
			arm 2 kill 10s
	`)
	tried(t).on(evCommand{cmd: cmdStopNow, token: 2}).want(`
		0.300 command stop-now
			kill 1
			reply 1: stopping 2
			kill 2
			! stopping, 2 alive, now true
			arm 1 kill 1s
			arm 2 kill 1s
	`)
}

func TestStoryCanaryRolledBack(t *testing.T) {
	tried(t).on(rollback).want(`
		0.300 command rollback
			cutover 1
			drain 2
			reply 1: superseded 2
			! 2 gave way to 1 [4000] again: exit 0, 0 left, served 0s, by hand true
			reply 9: rolledback 1
			arm 2 stop 7s
			arm 2 kill 10s
	`)
}

// The canary takes over at once, and what the crash left has nobody to wait for.
func TestStoryCanaryTakesOver(t *testing.T) {
	tried(t).end(1, crash).want(`
		0.300 1 ended: exit 1, 0 left
			! 1 crashed: exit 1, 0 left; keeps 0s 2
			cutover 2
			! 2 serves [4000] for command after 300ms by listen, replaces 0, unserved []
			reply 1: serves 2
		0.300 1 gone
			forget 1
	`)
	tried(t).on(evExited{1, killed, 1}).want(`
		0.300 1 ended: signal killed, 1 left
			! 1 crashed: signal killed, 1 left; keeps 0s 2
			cutover 2
			drain 1
			! 2 serves [4000] for command after 300ms by listen, replaces 1, unserved []
			reply 1: serves 2
			arm 1 stop 7s
			arm 1 kill 10s
	`)
	tried(t).end(1, Exit{}).want(`
		0.300 1 ended: exit 0, 0 left
			! 1 crashed: exit 0, 0 left; keeps 0s 2
			cutover 2
			! 2 serves [4000] for command after 300ms by listen, replaces 0, unserved []
			reply 1: serves 2
		0.300 1 gone
			forget 1
	`)
}

// Two trials at once: 1 is held for 2, and 3 is tried beside 2.
func TestStoryCanaryBesideProbation(t *testing.T) {
	s := tried(t).after(30*time.Second).on(save("b.ts")).boot(3, portA).quiet()
	s.end(2, crash).end(3, crash).phase(PhaseServing).want(`
		30.300 2 ended: exit 1, 0 left
			! 2 crashed: exit 1, 0 left; keeps 0s 3
			cutover 3
			! 3 serves [4000] for change after 0s by listen, replaces 0, unserved []
		30.300 2 gone
			forget 2
		30.300 3 ended: exit 1, 0 left
			undrain 1
			cutover 1
			! 3 gave way to 1 [4000] again: exit 1, 0 left, served 0s, by hand false
		30.300 3 gone
			forget 3
	`)
}

// A replacement for what is broken is not tried first.
func TestStoryCanaryNotAfterAWrapperGone(t *testing.T) {
	serving(t, cautious).on(evExited{1, killed, 2}).boot(2, portA).want(`
		0.000 1 ended: signal killed, 2 left
			! 1 crashed: signal killed, 2 left; restart
			start 2 crash
			arm 2 ready 1m0s
		0.000 2 started
		0.000 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for crash after 0s by listen, replaces 1, unserved []
			arm 1 stop 7s
			arm 1 kill 10s
	`)
}
