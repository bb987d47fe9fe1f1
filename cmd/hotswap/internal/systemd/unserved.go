package systemd

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// servedWithin is how long a generation that serves may take to serve every address of the
// socket activator.
const servedWithin = 2 * time.Second

// CheckServed warns of each address of the socket activator that no generation serves two
// seconds from now: clients wait there in vain.
func (a Activation) CheckServed(s *supervisor.Supervisor, warn func(at handoff.Endpoint, why string)) {
	if len(a.Endpoints()) == 0 {
		return
	}
	time.AfterFunc(servedWithin, func() {
		var served []handoff.Endpoint
		for _, l := range s.Status().Lives {
			served = append(served, l.Serves...)
		}
		for _, m := range unserved(a.Endpoints(), served) {
			warn(m.endpoint, m.String())
		}
	})
}

// missing is an address that the program does not serve, and an address with the same port
// that the program serves instead.
type missing struct{ endpoint, instead handoff.Endpoint }

func (m missing) String() string {
	if m.instead == (handoff.Endpoint{}) {
		return fmt.Sprintf("does not serve %s, which the socket activator has opened: clients wait there", m.endpoint)
	}
	return fmt.Sprintf("serves %s, and the socket activator has opened %s, where clients wait: give both the same address", m.instead, m.endpoint)
}

func unserved(want, served []handoff.Endpoint) (out []missing) {
	for _, e := range want {
		if slices.Contains(served, e) {
			continue
		}
		m := missing{endpoint: e}
		for _, s := range served {
			if s.Port() == e.Port() {
				m.instead = s
			}
		}
		out = append(out, m)
	}
	return out
}
