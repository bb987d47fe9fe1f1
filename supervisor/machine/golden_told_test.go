package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// told is a policy under which listening is not enough.
func told() Policy {
	p := dev
	p.ExplicitReady = true
	return p
}

// A boot may ask for time, again and again, but never shortens what it has.
func TestStoryExtended(t *testing.T) {
	s := newStory(t, told()).on(begin).boot(1, portA).on(Ready{Gen: 1, By: "notify"}, save("a")).boot(2, portA).quiet()
	s.on(Extend{2, 30 * time.Second}).after(50*time.Second).on(Extend{2, 30 * time.Second}, Extend{1, time.Hour})
	s.after(30 * time.Second)
	s.want(`
		50.000 2 asks for 30s
			arm 2 ready 30s
		80.000 2 expired ready
			kill 2
			! 2 failed: timeout although it listens; keeps 0s 1
			arm 2 kill 1s
	`)
}

// What it has gates on is about to be told, by a slower messenger: the line of
// the first generation names it. A debugger's is one of them.
func TestStoryToldBeforeItsListens(t *testing.T) {
	s := newStory(t, told()).on(begin).boot(1).quiet()
	s.on(Ready{Gen: 1, By: "http", Listens: []handoff.Endpoint{portA, portD}}).after(time.Millisecond)
	s.on(Listening{Gen: 1, Endpoint: portA}, Listening{Gen: 1, Endpoint: portD, Debugger: true})
	s.want(`
		0.000 1 ready by http
			arm 1 settle 1.5s
		0.001 1 listens 127.0.0.1:4000
			arm 1 settle 1.5s
		0.001 1 listens 127.0.0.1:9229
			cutover 1
			route debugger 1 9229
			! 1 serves [4000] for first after 1ms by http, replaces 0, unserved []
	`)
}
