package ui

import (
	"fmt"
)

// Degraded tells that the best mechanism is not used: nothing is handed over at all, as
// asked by --handoff or because of why.
func (l Printer) Degraded(nothing, asked bool, why error) {
	use := "only the addresses of --listen are handed over"
	if nothing {
		use = "plain restarts: the port is closed between two generations"
	}
	text := fmt.Sprintf("%v: %s", why, use)
	if !asked {
		text += " (see hotswap doctor)"
	}
	l.Log.Warn().Str("event", "degraded").Err(why).Str("use", use).Msg(text)
}
