package machine

import (
	"net/netip"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var aUDP = handoff.Endpoint{Network: "udp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}

// A program of UDP alone serves when it has lived for a second, because TCP may follow. Its next generation takes over
// as soon as it has bound, and a broken save changes nothing.
func TestStoryUDP(t *testing.T) {
	s := newStory(t, dev).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: aUDP}).phase(report.PhaseStarting)
	s.after(time.Second).phase(report.PhaseServing).quiet()
	s.on(save("a"), Started{Gen: 2, PID: 102}).end(2, crash).phase(report.PhaseServing)
	if s.on(save("b"), Started{Gen: 3, PID: 103}, Listening{Gen: 3, Endpoint: aUDP}); s.m.serving().Gen != 3 {
		t.Error("generation 3 does not serve")
	}
}

// A program of UDP alone, or of paths alone, may change its address: the new one gets the time to listen on the old one too.
func TestStoryOtherUDP(t *testing.T) {
	for e, other := range map[handoff.Endpoint]handoff.Endpoint{
		aUDP:  {Network: "udp4", Addr: netip.MustParseAddrPort("127.0.0.1:4001")},
		aPath: {Network: "unix", Path: "/run/other.sock"},
	} {
		s := newStory(t, dev).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: e}).after(time.Second)
		s.on(save("a"), Started{Gen: 2, PID: 102}, Listening{Gen: 2, Endpoint: other})
		if s.m.serving().Gen != 1 {
			t.Errorf("%s takes over from %s at once", other, e)
		}
		if s.after(settle); s.m.serving().Gen != 2 {
			t.Errorf("%s never takes over from %s", other, e)
		}
	}
}

// Where there is TCP, it decides: UDP neither takes over alone, nor does a takeover wait for it.
func TestStoryUDPBesideTCP(t *testing.T) {
	s := newStory(t, dev).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: aUDP}).phase(report.PhaseStarting)
	s.on(Listening{Gen: 1, Endpoint: portA}).phase(report.PhaseServing)
	s.on(save("a"), Started{Gen: 2, PID: 102}, Listening{Gen: 2, Endpoint: aUDP}).after(10 * time.Second)
	if s.m.serving().Gen != 1 {
		t.Error("UDP took over from TCP")
	}
	if s.on(Listening{Gen: 2, Endpoint: portA}); s.m.serving().Gen != 2 {
		t.Error("generation 2 does not serve")
	}
	s.on(save("b"), Started{Gen: 3, PID: 103}, Listening{Gen: 3, Endpoint: portA})
	if s.m.serving().Gen != 3 {
		t.Error("generation 3 waits for UDP")
	}
}
