package supervisor

import "time"

// evResumed: hotswap and its generations were stopped for so long (Ctrl-Z, fg)
// and go on.
type evResumed struct{ slept time.Duration }

func (evResumed) kind() eventKind { return kindResumed }

// resumed grants everybody the time that was slept: a boot or a drain that was
// stopped has not taken too long. One that was armed by an event between the
// waking and this gets no more than it was armed for. A timer that ran out just before is armed
// again with the rest, for its expiry may not have been heard.
func (m *machine) resumed(slept time.Duration) {
	later := func(gen GenID, kind timerKind, deadline *time.Time, span time.Duration) {
		if deadline.IsZero() {
			return
		}
		after := max(min(deadline.Add(slept).Sub(m.now), span), time.Millisecond)
		*deadline = m.now.Add(after)
		m.emit(fxArm{gen: gen, kind: kind, after: after})
	}
	for _, g := range m.gens {
		for kind := range g.deadlines {
			later(g.ID, timerKind(kind), &g.deadlines[kind], g.spans[kind])
		}
		switch g.State { // what notices tell took so much less
		case StateStarting:
			g.StartedAt = g.StartedAt.Add(slept)
		case StateDraining:
			g.DrainAt = g.DrainAt.Add(slept)
		}
	}
	if m.build != nil {
		m.build.since = m.build.since.Add(slept)
	}
	later(0, timerRestart, &m.pause, m.pauseFor)
	later(0, timerWarm, &m.warmth.at, m.warmth.calmFor)
}
