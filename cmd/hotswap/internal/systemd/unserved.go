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
func (a Activation) CheckServed(s *supervisor.Supervisor, listen []handoff.Endpoint,
	warn func(at handoff.Endpoint, why string)) {
	time.AfterFunc(servedWithin, func() {
		var served []handoff.Endpoint
		for _, l := range s.Status().Lives {
			served = append(served, l.Serves...)
		}
		a.unserved(listen, served, warn)
	})
}

// unserved warns of each address that was opened and is not served, and names one of the same port that is
// served instead.
func (a Activation) unserved(listen, served []handoff.Endpoint, warn func(at handoff.Endpoint, why string)) {
	for _, p := range a.Passed(listen) {
		e := p.Endpoint
		if !p.PerGeneration() || slices.Contains(served, e) {
			continue
		}
		why := fmt.Sprintf("does not serve %s, which was opened for it: clients wait there", e)
		if i := slices.IndexFunc(served, func(s handoff.Endpoint) bool {
			return s.Port() == e.Port() && s.IsUDP() == e.IsUDP() && !e.IsUnix()
		}); i >= 0 {
			why = fmt.Sprintf("serves %s, and clients wait at %s, which was opened for it: give both the same address",
				served[i], e)
		}
		warn(e, why)
	}
}
