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
