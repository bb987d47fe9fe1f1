package policy

import "time"

const (
	// Base is the first pause; each later one is twice as long, up to longest.
	Base    = 250 * time.Millisecond
	longest = 40 * Base
	// Healthy is for how long a program must have served, or run, that its next end counts as the first.
	Healthy = time.Minute
)

// Backoff is how soon a program that ended by itself is started again: at once, then after a pause, then
// after twice as long each time. It is the number of restarts since the last sign of health.
type Backoff int

// Next returns the pause before the restart that is due now, and counts that restart.
func (b *Backoff) Next() time.Duration {
	n := *b
	*b++
	if n == 0 {
		return 0
	}
	return min(Base<<min(n-1, 6), longest) // 2^6 is more than longest
}

// Reset makes the next restart the first.
func (b *Backoff) Reset() { *b = 0 }
