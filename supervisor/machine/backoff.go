package machine

import "time"

// BackoffPolicy is how soon a program that ended by itself is started again: at once, then
// after Base, then after twice as long each time up to Max.
type BackoffPolicy struct {
	Base    time.Duration // 250 ms
	Max     time.Duration // 10 s
	Healthy time.Duration // serving for so long makes the next crash the first; 1 min
}

func (p BackoffPolicy) withDefaults() BackoffPolicy {
	setDefault(&p.Base, 250*time.Millisecond)
	setDefault(&p.Max, 10*time.Second)
	setDefault(&p.Healthy, time.Minute)
	return p
}

// Backoff counts restarts since the last sign of health.
type Backoff struct{ restarts int }

// Next returns the pause before the restart that is due now, and counts that restart.
func (b *Backoff) Next(p BackoffPolicy) time.Duration {
	n := b.restarts
	b.restarts++
	if n == 0 {
		return 0
	}
	d := p.Base
	for ; n > 1 && d < p.Max; n-- {
		d *= 2
	}
	return min(d, p.Max)
}

// Reset makes the next restart the first.
func (b *Backoff) Reset() { b.restarts = 0 }
