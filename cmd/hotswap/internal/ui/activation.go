package ui

import (
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// activated tells what the socket activator has passed.
func (l Printer) Activated(own []handoff.Endpoint, shared []string, single []handoff.Endpoint) {
	if len(own) > 0 {
		l.Log.Info().Str("event", "activated").Str("endpoints", join(own)).
			Msgf("%s came from the socket activator; clients wait until generation 1 serves", join(own))
	}
	if len(shared) > 0 {
		l.Log.Info().Str("event", "activated").Strs("shared", shared).
			Msgf("%s: passed on to the program unchanged; the old and the new process share it during a swap", strings.Join(shared, ", "))
	}
	if len(single) > 0 {
		l.Log.Warn().Str("event", "activated").Str("single", join(single)).
			Msgf("%s: hotswap cannot open a second socket there, because the first one belongs to another user or the port needs a privilege. So each swap stops the old process before the new one starts, clients wait meanwhile, and there is no standby. To let the processes overlap, run hotswap as the user who opened the socket", join(single))
	}
}

// Unclaimed tells of an address of the socket activator that a generation does not serve.
func (l Printer) Unclaimed(gen handoff.GenID, e handoff.Endpoint, text string) {
	l.Log.Warn().Str("event", "unclaimed").Int("gen", int(gen)).Str("endpoint", e.Short()).
		Msgf("generation %d %s", gen, text)
}
