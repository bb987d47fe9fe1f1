package machine

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// withoutTCP are the endpoints of programs that may listen on a port of TCP later. To each belongs another address.
var withoutTCP = map[handoff.Endpoint]handoff.Endpoint{
	aPath:                               {Network: "unix", Path: "/run/other.sock"},
	{Network: "udp4", Addr: portA.Addr}: {Network: "udp4", Addr: netip.MustParseAddrPort("127.0.0.1:4001")},
}

// servingAt is a story in which generation 1 serves a path or UDP alone.
func servingAt(t *testing.T, e handoff.Endpoint) *story {
	t.Helper()
	s := newStory(t, dev).on(begin).boot(1, e).phase(report.PhaseStarting)
	return s.after(time.Second).phase(report.PhaseServing).quiet()
}

// A path or UDP, of which nothing tells that clients use it, counts when the program has lived for a second and listens
// on no port of TCP. From then on it counts at once, and a broken save changes nothing.
func TestStoryWithoutTCP(t *testing.T) {
	for e := range withoutTCP {
		s := servingAt(t, e).on(save("a"), Started{Gen: 2, PID: 102}).end(2, crash).phase(report.PhaseServing).quiet()
		s.on(save("b")).boot(3, e).want(fmt.Sprintf(`
			1.000 batch b
				start 3 change b
			1.000 3 listens %s
				cutover 3
				drain 1
				! 3 serves %v for change after 0s by listen, replaces 1, unserved []
		`, e.Short(), shorts([]handoff.Endpoint{e}))).phase(report.PhaseServing)
	}
}

// The program may change its address: the new one gets the time to listen on the old one too.
func TestStoryWithoutTCPMoves(t *testing.T) {
	for e, other := range withoutTCP {
		s := servingAt(t, e).on(save("a")).boot(2, other)
		if s.m.serving().Gen != 1 {
			t.Errorf("%s takes over from %s at once", other, e)
		}
		if s.after(settle); s.m.serving().Gen != 2 {
			t.Errorf("%s never takes over from %s", other, e)
		}
	}
}

// Where there is TCP, it decides: paths, which may be for the program's own processes, and UDP neither take over alone,
// nor does a takeover wait for them.
func TestStoryBesideTCP(t *testing.T) {
	for e := range withoutTCP {
		s := newStory(t, dev).on(begin).boot(1, e).phase(report.PhaseStarting)
		s.on(Listening{Gen: 1, Endpoint: portA}).phase(report.PhaseServing)
		s.on(save("a")).boot(2, e).after(10 * time.Second)
		if s.m.serving().Gen != 1 {
			t.Errorf("%s took over from TCP", e)
		}
		if s.on(Listening{Gen: 2, Endpoint: portA}); s.m.serving().Gen != 2 {
			t.Error("generation 2 does not serve")
		}
		if s.on(save("b")).boot(3, portA); s.m.serving().Gen != 3 {
			t.Errorf("generation 3 waits for %s", e)
		}
	}
}

// A boot that takes longer counts as running first.
func TestStoryPathOfASlowBoot(t *testing.T) {
	running(t, dev).phase(report.PhaseRunning).on(Listening{Gen: 1, Endpoint: aPath}).phase(report.PhaseServing)
}

// A server at a path that ends, even with code 0, is started again.
func TestStoryPathServerEnds(t *testing.T) {
	servingAt(t, aPath).end(1, report.Exit{}).phase(report.PhaseStarting)
}

// Clients use a path that was opened for them: it counts at once.
func TestStoryPathThatWasOpened(t *testing.T) {
	p := dev
	p.MustListen = []handoff.Endpoint{aPath}
	newStory(t, p).on(begin).boot(1, aPath).phase(report.PhaseServing)
}
