package supervisor

import "time"

// BackoffPolicy is how soon a program that ended by itself is started again: at
// once, then after Base, then twice as long each time up to Max.
type BackoffPolicy struct {
	Base    time.Duration // 250 ms
	Max     time.Duration // 10 s
	Healthy time.Duration // serving for so long makes the next crash the first; 1 min

	// Jitter changes a pause a little, so that several supervisors on one machine
	// do not go in step. Nil leaves it as it is; the result is kept within
	// 1 ms and Max.
	Jitter func(time.Duration) time.Duration
}

func (p BackoffPolicy) withDefaults() BackoffPolicy {
	setDefault(&p.Base, 250*time.Millisecond)
	setDefault(&p.Max, 10*time.Second)
	setDefault(&p.Healthy, time.Minute)
	if p.Jitter == nil {
		p.Jitter = func(d time.Duration) time.Duration { return d }
	}
	return p
}

// backoff counts restarts since the last sign of health. Its zero value has
// counted none.
type backoff struct{ restarts int }

// next is the pause before the restart that is due now, and counts it.
func (b *backoff) next(p BackoffPolicy) time.Duration {
	n := b.restarts
	b.restarts++
	if n == 0 {
		return 0
	}
	d := p.Base
	for ; n > 1 && d < p.Max; n-- {
		d *= 2
	}
	return min(max(p.Jitter(min(d, p.Max)), time.Millisecond), p.Max)
}

// reset makes the next restart the first.
func (b *backoff) reset() { b.restarts = 0 }
