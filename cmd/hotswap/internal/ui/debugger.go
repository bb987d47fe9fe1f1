package ui

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// waits tells of a boot that does nothing before somebody has attached.
func (l Printer) waits(n supervisor.NoticeWaits) {
	l.Log.Info().Str("event", "waits").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).
		Msgf("generation %d waits for a debugger at %s", n.Gen, n.Endpoint.Short())
}

// stopped is what a debugger has to do with it that a boot is not ready: which
// of them it is, or whether it is one at all, cannot be seen from outside. Empty:
// nothing.
func stopped(debuggers []handoff.Endpoint, waits bool) string {
	switch {
	case len(debuggers) == 0:
		return ""
	case waits:
		return fmt.Sprintf("it waits for a debugger at %s, or is stopped in it", join(debuggers))
	}
	return fmt.Sprintf("it did not listen; is it stopped in a debugger at %s?", join(debuggers))
}
