package machine

import (
	"testing"
	"time"
)

// debugged is a generation that serves and lets a debugger in; inspected is how the next one opens its own.
func debugged(t *testing.T, p Policy) *story {
	s := newStory(t, p).on(begin, Started{Gen: 1, PID: 101}, inspected(1), Listening{Gen: 1, Endpoint: portA})
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
	return Listening{Gen: gen, Endpoint: portD, Debugger: true}
}

// A debugger stays with what serves until the cutover; and after a rollback it is
// with what serves again.
func TestStoryDebuggerFollowsTheCutover(t *testing.T) {
	s := debugged(t, trial).on(save("a")).quiet()
	s.on(Started{Gen: 2, PID: 102}, inspected(2), Listening{Gen: 2, Endpoint: portA}, Exited{Gen: 2, Exit: crash})
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
			! 2 gave way to 1 again: exit 1, 0 left, served 0s, by hand false
			route debugger 1 9229
			close debuggers 2 [9229]
	`)
}

// One that connects to its own endpoint to go on gets that endpoint while it boots, and a boot that fails gives the
// endpoint back. Nobody hears that it waits, and it must be ready in time.
func TestStoryDebugsItself(t *testing.T) {
	s := debugged(t, dev).on(save("a")).quiet()
	s.on(Started{Gen: 2, PID: 102}, Listening{Gen: 2, Endpoint: portD, Debugger: true, DebugsItself: true})
	s.after(time.Minute)
	s.want(`
		0.000 2 listens 127.0.0.1:9229
			route debugger 2 9229
			close debuggers 1 [9229]
		60.000 2 expired ready
			kill 2
			! 2 failed: timeout; keeps 0s 1
			route debugger 1 9229
			close debuggers 2 [9229]
			arm 2 kill 1s
	`)
}
