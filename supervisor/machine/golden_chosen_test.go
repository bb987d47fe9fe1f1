package machine

import (
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A port that the kernel chose counts while the program has no other. Beside another one no takeover waits for it.
func TestStoryOfAChosenPort(t *testing.T) {
	s := newStory(t, dev).on(begin).boot(1).on(Listening{Gen: 1, Endpoint: portB, Chosen: true}).phase(report.PhaseServing)
	s.on(save("a")).boot(2, portB)
	if s.m.serving().Gen != 2 {
		t.Error("generation 2 does not take over")
	}
	s = newStory(t, dev).on(begin).boot(1).on(Listening{Gen: 1, Endpoint: portB, Chosen: true}, Listening{Gen: 1, Endpoint: portA})
	if at := s.m.Status().Endpoints; len(at) != 1 {
		t.Errorf("it serves %v", at)
	}
	s.on(save("a")).boot(2, portA)
	if s.m.serving().Gen != 2 {
		t.Error("generation 2 waits for the port of generation 1's own")
	}
}
