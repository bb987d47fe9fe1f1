package supervisor

import "time"

// clock tells the time that hotswap has lived. The clock stands still from
// [Supervisor.Suspend] to [Supervisor.Resume]: a boot, a probation or a drain lasts only while
// hotswap and its program run. The machine knows no other time. The loop owns the clock; the
// zero value has never stood still.
type clock struct {
	asleep time.Duration // in all, without the sleep that lasts
	since  time.Time     // when the sleep that lasts began; zero: hotswap is awake
}

// now returns the time of day, less the time asleep.
func (c *clock) now() time.Time {
	if !c.since.IsZero() {
		return c.since.Add(-c.asleep)
	}
	return time.Now().Add(-c.asleep)
}

// day returns the time of day at t, if hotswap has not slept since.
func (c *clock) day(t time.Time) time.Time {
	t = t.Add(c.asleep)
	if !c.since.IsZero() {
		t = t.Add(time.Since(c.since))
	}
	return t
}

// days maps times by the clock to times of day. The loop publishes the status after each
// event, so it asks for the day of a new time before hotswap can sleep.
type days map[time.Time]time.Time

// of returns the day of t, known or else by c, and keeps it in next.
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

// setTimer has the loop's timer go off at the machine's next deadline.
func (s *Supervisor) setTimer() {
	at := s.m.NextDeadline()
	if at.IsZero() || !s.clock.since.IsZero() {
		s.timer.Stop()
		return
	}
	s.timer.Reset(at.Sub(s.clock.now()))
}
