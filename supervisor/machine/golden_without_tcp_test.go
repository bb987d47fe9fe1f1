package machine

import (
	"net/netip"
	"slices"
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

// The program may change its address: the new one gets the time to listen on the old one too.
func TestStoryWithoutTCPMoves(t *testing.T) {
	for e, other := range withoutTCP {
		s := servingAt(t, e).on(save("a")).boot(2, other)
		if s.m.serving().Gen != 1 {
			t.Errorf("%s takes over from %s at once", other, e)
		}
		s.after(completeAfter)
		if s.m.serving().Gen != 2 {
			t.Errorf("%s never takes over from %s", other, e)
		}
	}
}

// A variable PORT says nothing against such an endpoint. Of a program that is known to have a port, the endpoint may be
// a helper's, until a boot should be over.
func TestStoryServerWithoutTCP(t *testing.T) {
	for e := range withoutTCP {
		s := newStory(t, Policy{Server: true}).on(begin).boot(1, e).after(59 * time.Second).phase(report.PhaseStarting)
		s.after(time.Second).phase(report.PhaseServing)
		newStory(t, Policy{Listens: true}).on(begin).boot(1, e).after(time.Second).phase(report.PhaseServing)
	}
	s := newStory(t, Policy{Server: true, ExplicitReady: true}).on(begin).boot(1, aPath)
	s.after(time.Minute).phase(report.PhaseStarting)
}

// Where there are ports of TCP, a generation need not listen at the paths that the one before had, unless these were
// opened for the program.
func TestRequiredPaths(t *testing.T) {
	port := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	opened, own := handoff.Endpoint{Network: "unix", Path: "/run/a.sock"},
		handoff.Endpoint{Network: "unix", Path: "/tmp/own"}
	var m Machine
	for _, c := range []struct{ must, all, want []handoff.Endpoint }{
		{nil, []handoff.Endpoint{port, opened, own}, []handoff.Endpoint{port}},
		{nil, []handoff.Endpoint{opened, own}, []handoff.Endpoint{opened, own}},
		{[]handoff.Endpoint{opened}, []handoff.Endpoint{port, opened, own}, []handoff.Endpoint{port, opened}},
		{[]handoff.Endpoint{opened}, []handoff.Endpoint{opened, own}, []handoff.Endpoint{opened}},
	} {
		m.policy.MustListen = c.must
		if got := m.tcpOrAll(c.all); !slices.Equal(got, c.want) {
			t.Errorf("%v opened: %v, want %v", c.must, got, c.want)
		}
	}
}
