package supervisor

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// running is a story in which generation 1 runs since a second, and listens on
// nothing.
func running(t *testing.T, p Policy) *story {
	t.Helper()
	return newStory(t, p).on(begin, evStarted{gen: 1, pid: 101}).after(time.Second)
}

// A program that has lived for a second runs, and the next one takes its place when
// it has done so too. Who asked for it is answered then.
func TestStoryWorker(t *testing.T) {
	s := running(t, dev).phase(PhaseRunning).after(time.Second)
	s.on(evCommand{cmd: cmdSwap, token: 7}).after(100 * time.Millisecond).on(evStarted{gen: 2, pid: 102}).after(time.Second)
	s.on(evDrained{gen: 1}).end(1, Exit{Signal: 15}).want(`
		0.000 begin
			start 1 first
			arm 1 ready 1m0s
		0.000 1 started
			arm 1 lived 1s
		1.000 1 expired lived
			cutover 1
			! 1 serves [] for first after 1s by lived, replaces 0, unserved []
		2.000 command swap
			start 2 command
			arm 2 ready 1m0s
		2.100 2 started
			arm 2 lived 1s
		3.100 2 expired lived
			cutover 2
			disarm 1 ready
			drain 1
			arm 1 stop 7s
			arm 1 kill 10s
			! 2 serves [] for command after 1.1s by lived, replaces 1, unserved []
			reply 7: runs 2
		3.100 1 drained
			disarm 1 stop
			signal 1
		3.100 1 ended: signal terminated, 0 left
		3.100 1 gone
			! 1 drained in 0s, busy false, killed false
			forget 1
	`).phase(PhaseRunning)
	if st := s.m.status(); st.Generation != 2 || st.Swaps != 1 || len(st.Endpoints) != 0 || st.Generations[0].State != PhaseRunning {
		t.Errorf("%+v", st)
	}
}

// One that ends within the second has failed; the one before runs on.
func TestStoryWorkerBroken(t *testing.T) {
	s := running(t, dev).on(save("a")).quiet().on(evStarted{gen: 2, pid: 102}).after(900*time.Millisecond).end(2, crash)
	s.want(`
		1.000 2 started
			arm 2 lived 1s
		1.900 2 ended: exit 1, 0 left
			disarm 2 ready
			disarm 2 lived
			! 2 failed: exited; keeps 0s 1
		1.900 2 gone
			forget 2
	`).phase(PhaseRunning)
	newStory(t, dev).on(begin, evStarted{gen: 1, pid: 101}).after(900*time.Millisecond).end(1, crash).phase(PhaseWaiting)
}

// A server that boots slowly runs first and serves when it listens. From then on it is
// a server: the next one has to listen on what it serves, however long that takes.
func TestStorySlowServer(t *testing.T) {
	s := running(t, dev).quiet().after(2*time.Second).on(evListening{gen: 1, endpoint: portA}, evListening{gen: 1, endpoint: portB}).phase(PhaseServing)
	s.on(save("a")).boot(2).after(3 * time.Second).phase(PhaseServing)
	s.on(evListening{gen: 2, endpoint: portA}, evListening{gen: 2, endpoint: portB}).want(`
		3.000 1 listens 127.0.0.1:4000
			cutover 1
			disarm 1 ready
			! 1 serves [4000] for first after 3s by listen, replaces 0, unserved []
		3.000 1 listens 127.0.0.1:4001
			cutover 1
			! 1 also serves 127.0.0.1:4001
		3.000 batch a
			start 2 change a
			arm 2 ready 1m0s
		3.000 2 started
		6.000 2 listens 127.0.0.1:4000
			arm 2 settle 1.5s
		6.000 2 listens 127.0.0.1:4001
			disarm 2 ready
			disarm 2 settle
			cutover 2
			drain 1
			arm 1 stop 7s
			arm 1 kill 10s
			! 2 serves [4000 4001] for change after 3s by listen, replaces 1, unserved []
	`)
}

// The one before begins to serve within the second of the new one, which has to
// listen there as well, and is not ready for having lived.
func TestStorySlowServerOvertakes(t *testing.T) {
	s := running(t, dev).on(save("a"), evStarted{gen: 2, pid: 102}).quiet()
	s.after(500 * time.Millisecond).on(evListening{gen: 1, endpoint: portA}).after(time.Second).on(evListening{gen: 2, endpoint: portA}).want(`
		1.500 1 listens 127.0.0.1:4000
			cutover 1
			disarm 1 ready
			! 1 serves [4000] for first after 1.5s by listen, replaces 0, unserved []
		2.000 2 expired lived
		2.500 2 listens 127.0.0.1:4000
			disarm 2 ready
			cutover 2
			drain 1
			arm 1 stop 7s
			arm 1 kill 10s
			! 2 serves [4000] for change after 1.5s by listen, replaces 1, unserved []
	`)
}

// Until a boot should be over, the end of a program that has not listened is a failed
// boot: what is on disk is broken, as long as nobody knows better.
func TestStorySlowServerFails(t *testing.T) {
	s := running(t, dev).quiet().after(10*time.Second).end(1, crash)
	s.want(`
		11.000 1 ended: exit 1, 0 left
			disarm 1 ready
			! 1 crashed: exit 1, 0 left; wait
		11.000 1 gone
			forget 1
	`).phase(PhaseWaiting)
	running(t, Policy{}).quiet().end(1, Exit{Code: 3}).want(`
		1.000 1 ended: exit 3, 0 left
			disarm 1 ready
			! 1 crashed: exit 3, 0 left; done
		1.000 1 gone
			forget 1
			done 3
	`)
}

// A worker that had run for longer than a boot takes has crashed like any other.
func TestStoryWorkerCrashes(t *testing.T) {
	s := running(t, dev).quiet().after(2*time.Hour).end(1, crash)
	s.on(evStarted{gen: 2, pid: 102}).after(1500*time.Millisecond).end(2, crash)
	s.want(`
		60.000 1 expired ready
			! 1 has not listened for 1m0s
		7201.000 1 ended: exit 1, 0 left
			! 1 crashed: exit 1, 0 left; restart
			start 2 crash
			arm 2 ready 1m0s
		7201.000 1 gone
			forget 1
		7201.000 2 started
			arm 2 lived 1s
		7202.000 2 expired lived
			cutover 2
			! 2 serves [] for crash after 1s by lived, replaces 0, unserved []
		7202.500 2 ended: exit 1, 0 left
			disarm 2 ready
			arm 0 restart 250ms
			! 2 crashed: exit 1, 0 left; restart 250ms
		7202.500 2 gone
			forget 2
	`)
}

// A wrapper that ends takes what is left of a worker with it; one that ends well is
// done.
func TestStoryWorkerWrapperGone(t *testing.T) {
	s := running(t, dev).quiet().on(evExited{1, killed, 2}).end(1, killed)
	s.want(`
		1.000 1 ended: signal killed, 2 left
			disarm 1 ready
			! 1 crashed: signal killed, 0 left; wait
			kill 1
			arm 1 kill 1s
		1.000 1 ended: signal killed, 0 left
		1.000 1 gone
			forget 1
	`)
	running(t, dev).quiet().end(1, Exit{}).phase(PhaseWaiting).want(`
		1.000 1 ended: exit 0, 0 left
			disarm 1 ready
			! 1 finished; wait
		1.000 1 gone
			forget 1
	`)
}

// What is known to be a server does not run by having lived.
func TestStoryLivedIsNotEnough(t *testing.T) {
	must, told := dev, dev
	must.MustListen, told.ExplicitReady = true, true
	elder := newStory(t, dev)
	elder.m.succeed(Elder{Last: 7, Serves: []handoff.Endpoint{portA}})
	for name, s := range map[string]*story{
		"an address was declared":      newStory(t, must).on(begin, evStarted{gen: 1, pid: 101}),
		"readiness is told":            newStory(t, told).on(begin, evStarted{gen: 1, pid: 101}),
		"its listens cannot be seen":   newStory(t, dev).on(begin, evStarted{gen: 1, pid: 101}, evLost{1, nil}),
		"it waits for its debugger":    newStory(t, dev).on(begin, evStarted{gen: 1, pid: 101}, evListening{1, portD, true, true}),
		"the one that crashed served":  serving(t, dev).end(1, crash).on(evStarted{gen: 2, pid: 102}),
		"the parent's generation does": elder.on(begin, evStarted{gen: 8, pid: 101}),
	} {
		if s.after(time.Minute - time.Millisecond); s.m.status().State != PhaseStarting {
			t.Errorf("%s: %s", name, s.m.status().State)
		}
	}
	s := serving(t, dev).on(save("a"), evStarted{gen: 2, pid: 102}).quiet().after(time.Minute)
	s.want(`
		60.000 2 expired ready
			kill 2
			arm 2 kill 1s
			! 2 failed: timeout; keeps 0s 1
	`)
}
