package systemd

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// servedWithin is how long a generation that serves may take to serve every address that was
// opened for it.
const servedWithin = 2 * time.Second

// CheckServed warns of each address of the socket activator, and of --listen, that no
// generation serves two seconds from now: clients wait there in vain.
func (a Activation) CheckServed(s *supervisor.Supervisor, listen []handoff.Endpoint, warn func(at handoff.Endpoint, why string)) {
	activated := a.Endpoints()
	listen = slices.DeleteFunc(slices.Clone(listen), func(e handoff.Endpoint) bool { return slices.Contains(activated, e) })
	if len(activated)+len(listen) == 0 {
		return
	}
	time.AfterFunc(servedWithin, func() {
		var served []handoff.Endpoint
		for _, l := range s.Status().Lives {
			served = append(served, l.Serves...)
		}
		unserved("the socket activator", activated, served, warn)
		unserved("--listen", listen, served, warn)
	})
}

// unserved warns of each wanted address that is not served, and names an address with the same port
// that is served instead.
func unserved(by string, want, served []handoff.Endpoint, warn func(at handoff.Endpoint, why string)) {
	for _, e := range want {
		if slices.Contains(served, e) {
			continue
		}
		why := fmt.Sprintf("does not serve %s, which %s has opened: clients wait there", e, by)
		for _, s := range served {
			if s.Port() == e.Port() {
				why = fmt.Sprintf("serves %s, and %s has opened %s, where clients wait: give both the same address", s, by, e)
			}
		}
		warn(e, why)
	}
}
