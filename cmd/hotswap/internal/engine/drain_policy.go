package engine

import (
	"cmp"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// closeGoingAway is a close code of WebSockets, RFC 6455, section 7.4.
const closeGoingAway = 1001

// moveTime limits how long a WebSocket that is to move may be in the middle of a message; of a shorter --drain-timeout,
// half: a client that is closed instead needs time to answer.
const moveTime = 5 * time.Second

// drainPolicy says by the user's options how generations drain.
type drainPolicy options.Options

// options returns what the adapters do with WebSockets and event streams when a generation drains. A held generation
// may serve again, but where files are watched, clients want the new version, and come back after a rollback.
// Nothing moves from the last generation, and WebSockets only to a generation that runs beside the old one.
//
// Connections between two requests move as soon as another generation serves, also from a generation that is held.
func (p drainPolicy) options(r run.DrainSpec) connections.DrainOptions {
	follows := r.Reserve || r.Steered
	o := connections.DrainOptions{Moves: follows && !r.Last(), Next: follows, StopFirst: r.StopFirst,
		Reserve: r.Reserve}
	switch {
	case r.Reserve && p.NoWatch:
	case !follows:
		o.CloseReason = &connections.CloseReason{Code: closeGoingAway, Reason: "going away"}
	default:
		o.CloseReason = new(connections.Restart)
		if p.KeepWebSockets && !r.StopFirst && o.Moves {
			within := min(moveTime, cmp.Or(p.DrainTimeout, 2*moveTime)/2)
			o.CloseReason.Keep = &connections.Keep{WithinMS: within.Milliseconds()}
		}
	}
	return o
}
