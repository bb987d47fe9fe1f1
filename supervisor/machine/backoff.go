package machine

import (
	"math/rand/v2"
	"time"
)

// BackoffPolicy is how soon a program that ended by itself is started again: at once, then
// after Base, then after twice as long each time up to Max.
type BackoffPolicy struct {
	Base    time.Duration // 250 ms
	Max     time.Duration // 10 s
	Healthy time.Duration // serving for so long makes the next crash the first; 1 min

	// Seed makes pauses differ by up to a fifth from those of another seed, so that several
	// supervisors on one machine do not restart in step. With 0 pauses are exact.
	Seed uint64
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
	for i := n; i > 1 && d < p.Max; i-- {
		d *= 2
	}
	d = min(d, p.Max)
	if p.Seed != 0 {
		share := rand.New(rand.NewPCG(p.Seed, uint64(n))).Float64() //nolint:gosec // no secret
		d += time.Duration((share - 0.5) / 2.5 * float64(d))
	}
	return min(max(d, time.Millisecond), p.Max)
}

// Reset makes the next restart the first.
func (b *Backoff) Reset() { b.restarts = 0 }
