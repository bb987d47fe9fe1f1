package machine

import (
	"testing"
	"time"
)

// debugged is a generation that serves and lets a debugger in; inspected and
// waiting are how the next one opens its own.
func debugged(t *testing.T, p Policy) *story {
	s := newStory(t, p).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: portD, Debugger: true, NeedsDebugger: false}, Listening{Gen: 1, Endpoint: portA})
	s.want(`
		0.000 begin
			start 1 first
		0.000 1 started
			arm 1 lived 1s
		0.000 1 listens 127.0.0.1:9229
			route debugger 1 9229
		0.000 1 listens 127.0.0.1:4000
			cutover 1
			! 1 serves [4000] for first after 0s by listen, replaces 0, unserved []
	`)
	return s
}

func inspected(gen GenID) Event {
	return Listening{Gen: gen, Endpoint: portD, Debugger: true, NeedsDebugger: false}
}
func waiting(gen GenID) Event {
	return Listening{Gen: gen, Endpoint: portD, Debugger: true, NeedsDebugger: true}
}

// A debugger stays with what serves until the cutover; and after a rollback it is
// with what serves again.
func TestStoryDebuggerFollowsTheCutover(t *testing.T) {
	s := debugged(t, trial).on(save("a")).quiet()
	s.on(Started{Gen: 2, PID: 102}, inspected(2), Listening{Gen: 2, Endpoint: portA}, Exited{2, crash, 0, ""})
	s.want(`
		0.000 2 listens 127.0.0.1:4000
			cutover 2
			drain 1 held
			route debugger 2 9229
			close debuggers 1 [9229]
			! 2 serves [4000] for change after 0s by listen, replaces 1, unserved []
		0.000 2 ended: exit 1, 0 left
			undrain 1
			cutover 1
			route debugger 1 9229
			close debuggers 2 [9229]
			! 2 gave way to 1 [4000] again: exit 1, 0 left, served 0s, by hand false
	`)
}

// A boot that waits for its debugger gets the endpoint when it listens, and it
// goes back when the boot is given up. What is told to stop has no debugger that
// could keep it.
func TestStoryDebuggerIsWaitedFor(t *testing.T) {
	s := debugged(t, dev).on(save("a"), Started{Gen: 2, PID: 102}).quiet()
	s.on(waiting(2), save("b"), Started{Gen: 3, PID: 103}, waiting(3)).end(3, crash)
	s.want(`
		0.000 2 listens 127.0.0.1:9229
			! 2 waits for its debugger at 9229
			route debugger 2 9229
			close debuggers 1 [9229]
		0.000 batch b
			close debuggers 2 [9229]
			signal 2
			! 2 failed: superseded; start
			start 3 change a b
			route debugger 1 9229
			close debuggers 2 [9229]
			arm 2 kill 1s
		0.000 3 listens 127.0.0.1:9229
			! 3 waits for its debugger at 9229
			route debugger 3 9229
			close debuggers 1 [9229]
			close debuggers 2 [9229]
		0.000 3 ended: exit 1, 0 left
			! 3 failed: exited; keeps 0s 1
			route debugger 1 9229
			close debuggers 2 [9229]
			close debuggers 3 [9229]
	`)
}

// Who waits for a debugger is not given up: people take their time. It becomes
// ready as any other.
func TestStoryNobodyFailsByHisDebugger(t *testing.T) {
	s := debugged(t, dev).on(save("a"), Started{Gen: 2, PID: 102}, waiting(2)).quiet()
	s.after(10 * time.Minute).on(Listening{Gen: 2, Endpoint: portA}).want(`
		60.000 2 expired ready
			! 2 has not listened for 1m0s
		600.000 2 listens 127.0.0.1:4000
			cutover 2
			drain 1
			! 2 serves [4000] for change after 10m0s by listen, replaces 1, unserved []
	`)
	s.on(Drained{Gen: 1}).want(`
		600.000 1 drained
			close debuggers 1 [9229]
			signal 1
	`)
}
