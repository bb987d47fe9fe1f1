package load

import (
	"math/bits"
	"time"
)

// A histogram counts durations in subBuckets for each power of two of microseconds, so
// that a percentile is exact to 1/subBuckets. Runs of hours need no more memory.
type histogram struct {
	counts [buckets]uint64
	total  uint64
	max    time.Duration
}

const (
	subBits    = 5
	subBuckets = 1 << subBits
	buckets    = subBuckets * 32 // up to 2^36 µs, nineteen hours
)

func bucket(d time.Duration) int {
	us := uint64(max(0, d.Microseconds()))
	if us < subBuckets {
		return int(us)
	}
	shift := bits.Len64(us) - subBits - 1
	return min(buckets-1, shift*subBuckets+int(us>>shift))
}

// ceiling returns the longest duration of bucket i.
func ceiling(i int) time.Duration {
	if i < subBuckets {
		return time.Duration(i) * time.Microsecond
	}
	shift := i/subBuckets - 1
	base := uint64(i%subBuckets + subBuckets)
	return time.Duration((base+1)<<shift-1) * time.Microsecond
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
	h.max = max(h.max, d)
}

// percentile returns the duration that a share p (0 to 1) of all durations does not exceed.
func (h *histogram) percentile(p float64) time.Duration {
	rest := uint64(p * float64(h.total))
	for i, n := range h.counts {
		if rest < n {
			return min(h.max, ceiling(i))
		}
		rest -= n
	}
	return h.max
}

// Latency is the time from the dial, or the write on a kept connection, to the last
// byte of the answer, without Kind.Slow.
type Latency struct {
	P50, P99, Max time.Duration
}

func (h *histogram) latency() Latency {
	return Latency{P50: h.percentile(0.50), P99: h.percentile(0.99), Max: h.max}
}
