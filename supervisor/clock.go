package supervisor

import "time"

// clock tells the time that hotswap has lived. It stands still from
// [Supervisor.Suspend] to [Supervisor.Resume]: a boot, a probation, a drain or a
// healthy minute lasts only while hotswap and its program run. The machine and the
// timers know no other time.
//
// The zero value is a clock that has never stood still. The loop owns it.
type clock struct {
	asleep time.Duration // in all, without the sleep that lasts
	since  time.Time     // when the sleep that lasts began; zero: hotswap is awake
}

// now is the time of day, less the time asleep.
func (c *clock) now() time.Time {
	if !c.since.IsZero() {
		return c.since.Add(-c.asleep)
	}
	return time.Now().Add(-c.asleep)
}

// day is the time of day at t, if hotswap has not slept since.
func (c *clock) day(t time.Time) time.Time {
	t = t.Add(c.asleep)
	if !c.since.IsZero() {
		t = t.Add(time.Since(c.since))
	}
	return t
}

// days are the times of day of those times by the clock that the status tells. The
// loop publishes the status after each event, so it asks for a new time's day before
// hotswap can sleep.
type days map[time.Time]time.Time

// of returns the day of t: the one that was, or else the one by c. It is kept in next.
func (d days) of(t time.Time, c *clock, next days) time.Time {
	day, ok := d[t]
	if !ok {
		day = c.day(t)
	}
	next[t] = day
	return day
}

// stop makes the clock stand still.
func (c *clock) stop() {
	if c.since.IsZero() {
		c.since = time.Now()
	}
}

// start lets the clock go on, and reports whether it stood still.
func (c *clock) start() bool {
	if c.since.IsZero() {
		return false
	}
	c.asleep += time.Since(c.since)
	c.since = time.Time{}
	return true
}

// alarm is one of the machine's timers. The loop owns it.
type alarm struct {
	timer *time.Timer // nil: the clock stands still
	at    time.Time   // by the loop's clock
	event evExpired
}

// arm sets a timer of the machine's.
func (s *Supervisor) arm(fx fxArm) {
	s.disarm(fx.gen, fx.kind)
	a := &alarm{at: s.clock.now().Add(fx.after), event: evExpired{gen: fx.gen, timer: fx.kind}}
	s.timers[timerKey{fx.gen, fx.kind}] = a
	if s.clock.since.IsZero() {
		s.run(a)
	}
}

// run has the alarm go off when it is time.
func (s *Supervisor) run(a *alarm) { a.timer = s.after(a.at.Sub(s.clock.now()), a.event) }

// halt keeps the alarm from going off. One that has gone off already is on its way
// to the inbox, and is left to it.
func (a *alarm) halt() {
	if a.timer != nil && a.timer.Stop() {
		a.timer = nil
	}
}

func (s *Supervisor) disarm(gen GenID, kind timerKind) {
	key := timerKey{gen, kind}
	if a := s.timers[key]; a != nil {
		a.halt()
		delete(s.timers, key)
	}
}
