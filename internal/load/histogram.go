package load

import (
	"math/bits"
	"time"
)

// A histogram counts durations in buckets whose width grows with the duration:
// subBuckets to each power of two of microseconds, so that a percentile is read
// within 1/subBuckets of its value. It replaces keeping every duration, which a
// soak of hours could not.
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

// ceiling is the longest duration that falls into bucket i.
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

// percentile returns the duration that p of 1 of all durations do not exceed.
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

// Latency is how long requests took, from the dial (if there was one) or the
// write to the last byte of the answer, without the path's own time.
type Latency struct {
	P50, P90, P99, P999 time.Duration
	Max                 time.Duration // the longest stall
}

func (h *histogram) latency() Latency {
	return Latency{
		P50: h.percentile(0.50), P90: h.percentile(0.90),
		P99: h.percentile(0.99), P999: h.percentile(0.999),
		Max: h.max,
	}
}
