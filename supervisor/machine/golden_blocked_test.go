package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// unixServing is a story in which generation 2 serves the unix address at which
// generation 1 listened.
func unixServing(t *testing.T, p Policy) *story {
	t.Helper()
	s := running(t, p).on(save("a"), Drained{Gen: 1}).end(1, report.Exit{Signal: 15})
	return s.on(Started{Gen: 2, PID: 102}, Listening{Gen: 2, Unix: "/app.sock"}).phase(report.PhaseServing).quiet()
}

// Nothing tells that generation 1 is a server. Generation 2 listens where generation 1
// did, so it serves. Generation 3 boots beside it, however long, up to where it wants
// the address; then generation 2 ends, and generation 3 goes on and serves.
func TestStoryUnixAddress(t *testing.T) {
	s := unixServing(t, dev).on(Request{Cause: report.CauseCommand, Token: 7}, Started{Gen: 3, PID: 103}).quiet().after(5 * time.Second)
	s.on(Blocked{3, 2, "/app.sock"}, Drained{Gen: 2}).after(2*time.Second).end(2, report.Exit{Signal: 15}).on(Blocked{Gen: 3}, Listening{Gen: 3, Unix: "/app.sock"})
	s.want(`
		6.000 3 wants /app.sock of 2
			! 3 wants /app.sock, so 2 stops first
			drain 2 unrelieved
			arm 2 stop 7s
			arm 2 kill 10s
		6.000 2 drained
			signal 2
		8.000 2 ended: signal terminated, 0 left
		8.000 2 gone
			! 2 drained in 2s, busy false, killed false
			forget 2
		8.000 3 goes on
			arm 3 ready 1m0s
		8.000 3 listens at /app.sock
			cutover 3
			! 3 serves [] /app.sock for command after 7s by listen, replaces 0, unserved []
			reply 7: serves 3
	`).phase(report.PhaseServing)
}

// What fails before it wants the address takes nothing down, however long it has lived;
// what fails after that is started again, because clients may wait.
func TestStoryUnixAddressOfABrokenSave(t *testing.T) {
	s := unixServing(t, dev).on(save("b"), Started{Gen: 3, PID: 103}).after(20*time.Second).end(3, crash).phase(report.PhaseServing)
	s.on(save("c"), Started{Gen: 4, PID: 104}, Blocked{4, 2, "/app.sock"}).end(2, report.Exit{Signal: 15})
	s.on(Blocked{Gen: 4}).end(4, crash).phase(report.PhaseStarting)
}

// A program that removes the file first takes the address over by itself, and the older
// generation drains. Nothing could be rolled back to.
func TestStoryUnixAddressTakenOver(t *testing.T) {
	p := dev
	p.Probation = 2 * time.Second
	s := unixServing(t, p).on(save("b"), Started{Gen: 3, PID: 103}, Listening{Gen: 3, Unix: "/app.sock"})
	if h := s.m.held(); h != nil || s.m.serving().Gen != 3 {
		t.Errorf("%+v is held, %+v serves", h, s.m.serving())
	}
}

// A server at a unix address that ends, even with code 0, is started again.
func TestStoryUnixServerEnds(t *testing.T) {
	unixServing(t, dev).end(2, report.Exit{}).phase(report.PhaseStarting)
}

// The old one also serves a port, on which the new one has to listen after that.
func TestStoryUnixAddressBesideAPort(t *testing.T) {
	s := serving(t, dev).on(save("a"), Started{Gen: 2, PID: 102}, Blocked{2, 1, "/app.sock"}).quiet()
	s.after(30 * time.Second).phase(report.PhaseStarting).quiet()
	s.end(1, killed).on(Blocked{Gen: 2}, Listening{Gen: 2, Unix: "/app.sock"}).after(50*time.Second).boot(2, portA).want(`
		30.000 1 ended: signal killed, 0 left
		30.000 1 gone
			! 1 drained in 30s, busy true, killed true
			forget 1
		30.000 2 goes on
			arm 2 ready 1m0s
		30.000 2 listens at /app.sock
		80.000 2 started
		80.000 2 listens 127.0.0.1:4000
			cutover 2
			! 2 serves [4000] /app.sock for change after 1m20s by listen, replaces 0, unserved []
	`)
}

// The new one serves its port already when it wants the address: nothing is left to
// go back to.
func TestStoryUnixAddressAfterTheCutover(t *testing.T) {
	p := dev
	p.Probation = 2 * time.Second
	swapped(t, p).on(Blocked{2, 1, "/app.sock"}, Blocked{Gen: 2}).want(`
		0.000 2 wants /app.sock of 1
			! 2 wants /app.sock, so 1 stops first
			drain 1
			arm 1 stop 7s
			arm 1 kill 10s
		0.000 2 goes on
	`)
}

// The generation that serves ends for the address while an older one is held. None is held
// while nothing serves: else the end of hotswap would wait for that one's probation.
func TestStoryUnixAddressInAProbation(t *testing.T) {
	p := dev
	p.Watching, p.Probation = false, 2*time.Second
	s := serving(t, p).on(Request{Cause: report.CauseCommand}).boot(2, portA)
	s.on(Request{Cause: report.CauseCommand}, Started{Gen: 3, PID: 103}, Blocked{3, 2, "/app.sock"})
	if h := s.m.held(); h != nil {
		t.Errorf("generation %d is held", h.Gen)
	}
	s.end(3, report.Exit{}).phase(report.PhaseStopping)
}
