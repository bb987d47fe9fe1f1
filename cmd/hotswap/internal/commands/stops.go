package commands

import (
	"syscall"
	"time"
)

// ImpatientAfter is how long after a stop signal the same signal means: stop at once. A terminal
// and a runner above hotswap may both send the first.
const ImpatientAfter = time.Second

// stops are the times when each stop signal came first. A runner above hotswap answers the
// terminal's SIGINT with a SIGTERM of its own, so signals of two kinds do not show that anybody
// is impatient.
type stops map[syscall.Signal]time.Time

type wish int

const (
	wishNothing wish = iota
	wishDrain
	wishNow
)

// add notes a signal and returns what the signal asks for. told: the control socket has asked for a stop. delayed: a
// stop waits for the end of its delay, which another signal ends.
func (s stops) add(sig syscall.Signal, now time.Time, told, delayed bool) wish {
	first, again := s[sig]
	soon := again && now.Sub(first) < ImpatientAfter
	if !again {
		s[sig] = now
	}
	switch {
	case delayed && !soon && sig != syscall.SIGQUIT:
		for _, echo := range [...]syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
			s[echo] = now
		}
		return wishDrain
	case sig == syscall.SIGQUIT, told && !soon, again && !soon:
		return wishNow
	case len(s) == 1 && !again:
		return wishDrain
	}
	return wishNothing
}
