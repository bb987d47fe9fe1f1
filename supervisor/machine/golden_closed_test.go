package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A program listens to see whether a port is free, and then at another one. What it has closed it does not serve, and
// that says nothing of whether the next generation is ready.
func TestStoryClosesAnAddress(t *testing.T) {
	s := newStory(t, dev).on(begin).boot(1, portA).quiet()
	s.on(Listening{Gen: 1, Endpoint: portB, Late: true}, Closed{Gen: 1, Endpoint: portA},
		Closed{Gen: 1, Endpoint: portD}).want(`
		  0.000 1 listens 127.0.0.1:4001
		        cutover 1
		        ! 1 also serves 127.0.0.1:4001
		  0.000 1 closed 127.0.0.1:4000
		        ! 1 closed 127.0.0.1:4000`)
	if got := s.m.Status().Endpoints; len(got) != 1 || got[0].Address != portB.Address() {
		t.Errorf("the status names %v", got)
	}
	s.on(save("a")).boot(2, portA).on(Closed{Gen: 2, Endpoint: portA}).after(2 * completeAfter)
	if s.m.serving().Gen != 1 {
		t.Error("generation 2 takes over by an address that it has closed")
	}
	s.on(Listening{Gen: 2, Endpoint: portB})
	if s.m.serving().Gen != 2 {
		t.Error("generation 2 does not take over")
	}
}

// A boot that has closed all its addresses is judged, although its time is over.
func TestStoryClosesAllAddresses(t *testing.T) {
	s := newStory(t, dev).on(begin).boot(1, portA).on(save("a")).boot(2).after(bootTime(dev) - completeAfter/2).on(
		Listening{Gen: 2, Endpoint: portB}).after(completeAfter / 2)
	s.on(Closed{Gen: 2, Endpoint: portB}).after(2 * completeAfter)
	if s.m.generation(2).State.name() == report.StateStarting {
		t.Error("the boot never ends")
	}
}

// bootTime is how long a boot may take.
func bootTime(p Policy) time.Duration { return New(p, Past{}).policy.ReadyTimeout }
