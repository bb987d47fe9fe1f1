package ui

import (
	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/handoff"
)

// taken tells that another program listens on an address that the program
// wanted. Who that is takes a look at every process of the machine, so the queue
// looks, not the loop.
func (l Printer) taken(n handoff.AddressInUse) {
	l.out.later(func() []byte {
		pid, name := l.owner(n.Endpoint)
		return rendered(!l.people, func(log zerolog.Logger) { takenBy(log, n, pid, name) })
	})
}

func takenBy(log zerolog.Logger, n handoff.AddressInUse, pid int, name string) {
	more := ""
	if n.Last {
		more = "; further addresses in use are not reported"
	}
	e := log.Error().Str("event", "address-in-use").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint)
	if pid == 0 {
		e.Msgf("%s is in use by another program%s", n.Endpoint.Short(), more)
		return
	}
	e.Int("holder", pid).Str("name", name).
		Msgf("%s is in use by %s (process %d)%s", n.Endpoint.Short(), name, pid, more)
}
