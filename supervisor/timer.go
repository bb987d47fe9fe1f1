package supervisor

import "time"

// timerKind names a timer. A generation has at most one of each; the last two
// belong to the supervisor itself, generation 0.
type timerKind uint8

const (
	timerReady   timerKind = iota // not ready for too long
	timerSettle                   // has not listened anew for a while
	timerLived                    // has lived for a while, and listens on nothing
	timerCanary                   // ready: it has been tried for long enough
	timerHold                     // held: the newer one has proved itself
	timerStop                     // draining: the stop signal is due, busy or not
	timerKill                     // SIGKILL is due; or due again, if something survived
	timerRestart                  // the pause before a restart is over
	timerWarm                     // it has been calm for a while: a standby is due
	timerCount
)

func (k timerKind) String() string {
	names := [timerCount]string{"ready", "settle", "lived", "canary", "hold", "stop", "kill", "restart", "warm"}
	if k >= timerCount {
		return "unknown"
	}
	return names[k]
}

// bootTimers are those of a generation that is not known to serve.
var bootTimers = []timerKind{timerReady, timerSettle, timerLived}

// arm sets g's timer, or sets it anew.
func (m *machine) arm(g *Generation, kind timerKind, after time.Duration) {
	g.deadlines[kind] = m.now.Add(after)
	m.emit(fxArm{gen: g.ID, kind: kind, after: after})
}

// disarm clears those of g's timers that are armed.
func (m *machine) disarm(g *Generation, kinds ...timerKind) {
	for _, kind := range kinds {
		if g.deadlines[kind].IsZero() {
			continue
		}
		g.deadlines[kind] = time.Time{}
		m.emit(fxDisarm{gen: g.ID, kind: kind})
	}
}

// due tells whether an expiry is news, and takes note of it. An expiry may have
// been in the inbox while its timer was disarmed or set anew: then it is stale.
func due(now time.Time, deadline *time.Time) bool {
	if deadline.IsZero() || now.Before(*deadline) {
		return false
	}
	*deadline = time.Time{}
	return true
}
