package supervisor

import (
	"testing"
	"time"
)

// The new one has booted up to where it wants the unix address of the old one, which
// ends then. The new one goes on and runs when it has lived for a second more.
func TestStoryUnixAddress(t *testing.T) {
	s := running(t, dev).on(evCommand{cmd: cmdSwap, token: 7}, evStarted{gen: 2, pid: 102}).quiet().after(500 * time.Millisecond)
	s.on(evBlocked{2, 1, "/app.sock"}, evDrained{gen: 1}).after(2*time.Second).end(1, Exit{Signal: 15}).on(evUnblocked{2}).after(time.Second)
	s.want(`
		1.500 2 wants /app.sock of 1
			disarm 2 lived
			! 2 wants /app.sock, so 1 stops first
			disarm 1 ready
			drain 1 unrelieved
			arm 1 stop 7s
			arm 1 kill 10s
		1.500 1 drained
			disarm 1 stop
			signal 1
		3.500 1 ended: signal terminated, 0 left
		3.500 1 gone
			! 1 drained in 2s, busy false, killed false
			forget 1
		3.500 2 goes on
			arm 2 ready 1m0s
			arm 2 lived 1s
		4.500 2 expired lived
			cutover 2
			! 2 serves [] for command after 3.5s by lived, replaces 0, unserved []
			reply 7: runs 2
	`).phase(PhaseRunning)
}

// The old one also serves a port, on which the new one has to listen after that.
func TestStoryUnixAddressBesideAPort(t *testing.T) {
	s := serving(t, dev).on(save("a"), evStarted{gen: 2, pid: 102}, evBlocked{2, 1, "/app.sock"}).quiet()
	s.after(30 * time.Second).phase(PhaseStarting).quiet()
	s.end(1, killed).on(evUnblocked{2}).after(50*time.Second).boot(2, portA).want(`
		30.000 1 ended: signal killed, 0 left
		30.000 1 gone
			! 1 drained in 30s, busy true, killed true
			forget 1
		30.000 2 goes on
			arm 2 ready 1m0s
		80.000 2 started
		80.000 2 listens 127.0.0.1:4000
			disarm 2 ready
			cutover 2
			! 2 serves [4000] for change after 1m20s by listen, replaces 0, unserved []
	`)
}

// The new one serves its port already when it wants the address: nothing is left to
// go back to.
func TestStoryUnixAddressAfterTheCutover(t *testing.T) {
	p := dev
	p.Probation = 2 * time.Second
	serving(t, p).on(save("a")).boot(2, portA).quiet().on(evBlocked{2, 1, "/app.sock"}, evUnblocked{2}).want(`
		0.000 2 wants /app.sock of 1
			! 2 wants /app.sock, so 1 stops first
			disarm 1 hold
			undrain 1
			drain 1
			arm 1 stop 7s
			arm 1 kill 10s
		0.000 2 goes on
	`)
	c := dev
	c.CanaryPercent = 10
	s := serving(t, c).on(save("a")).boot(2, portA).quiet().on(evBlocked{2, 1, "/app.sock"})
	if g := s.m.serving(); g == nil || g.ID != 2 {
		t.Errorf("%+v serves", g)
	}
}

// What fails before it gets there takes nothing down; what fails after it is a failed
// boot while nothing serves.
func TestStoryUnixAddressOfABrokenSave(t *testing.T) {
	s := running(t, dev).on(save("a"), evStarted{gen: 2, pid: 102}, evBlocked{2, 1, "/app.sock"}).end(1, Exit{Signal: 15})
	s.on(evUnblocked{2}).end(2, crash).phase(PhaseWaiting)
}
