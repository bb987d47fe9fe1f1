package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Snapshot is a copy of a run's results so far.
type Snapshot struct {
	Elapsed  time.Duration
	Requests uint64           // classified so far
	Counts   map[Class]uint64 // of all Requests; absent means none
	Kinds    []KindStats      // in the order of Config.Kinds
	Versions []VersionStats   // in order of first appearance
	Examples []Example        // the first failures of each class, up to Config.Examples each

	Closes Closes

	LongestStall time.Duration // longest time to an answer, without Kind.Slow
	// LongestGap is the longest time without a completed request on a fresh
	// connection, the current gap included. Zero if the run has no such kind.
	LongestGap time.Duration
}

// Closes counts closes of kept connections by the server, between two requests.
type Closes struct {
	Idle      uint64 // cleanly, and seen before the next request was written
	Reset     uint64 // by a reset, and seen before the next request was written
	Raced     uint64 // requests of the class Race
	Announced uint64 // by the answer itself (Connection: close), which cannot race
}

// Total returns how many closes could have raced.
func (c Closes) Total() uint64 { return c.Idle + c.Reset + c.Raced }

// KindStats are the results of one kind.
type KindStats struct {
	Name     string
	Requests uint64
	Counts   map[Class]uint64
	Dials    uint64 // connections begun
	Closes   Closes
	// Longest is the longest time from the dial, or the write on a kept connection, to the last byte of a complete
	// answer, right or wrong, without Kind.Slow.
	Longest time.Duration
}

// Example describes one failure.
type Example struct {
	Kind       string
	Class      Class
	Target     string
	Local      string        // the client's own address, "" if there was no connection
	At         time.Duration // since the start of the run
	ConnAge    time.Duration // since the dial began
	Request    int           // number on this connection, from 1
	SinceWrite time.Duration // 0 if nothing was written
	Got        int64         // bytes of the answer that had come
	Taken      string        // whether the server's kernel acknowledged the request: "yes", "no" or unknown
	Version    string        // of the answer, if it had one
	Err        string
}

// String returns one line.
func (e Example) String() string {
	s := fmt.Sprintf(
		"%s: %s at %v: request %d of the connection %s -> %s (%v old), %v after the write, %d bytes of the answer",
		e.Class, e.Kind, round(e.At), e.Request, e.Local, e.Target, round(e.ConnAge), round(e.SinceWrite), e.Got)
	if e.Taken != "" {
		s += ", acknowledged by the server's kernel: " + e.Taken
	}
	if e.Version != "" {
		s += ", version " + e.Version
	}
	if e.Err != "" {
		s += ": " + e.Err
	}
	return s
}

// Failed returns how many requests failed.
func (s Snapshot) Failed() uint64 {
	n := uint64(0)
	for class, count := range s.Counts {
		if class.Failure() {
			n += count
		}
	}
	return n
}

// Version returns the stats of a version, or zero if it has not answered.
func (s Snapshot) Version(version string) VersionStats {
	for _, v := range s.Versions {
		if v.Version == version {
			return v
		}
	}
	return VersionStats{}
}

// String returns several lines, with the examples.
func (s Snapshot) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %d requests (%.0f/s), %d failed, %d races in %d closes, longest stall %v, longest gap %v\n",
		round(s.Elapsed), s.Requests, float64(s.Requests)/max(s.Elapsed, 1).Seconds(), s.Failed(), s.Closes.Raced,
		s.Closes.Total(),
		round(s.LongestStall), round(s.LongestGap))
	for _, k := range s.Kinds {
		fmt.Fprintf(&b, "  %-16s %7d requests %6d connections %5d closed idle  %5d announced  longest %v%s\n",
			k.Name, k.Requests, k.Dials, k.Closes.Total(), k.Closes.Announced, round(k.Longest), counts(k.Counts))
	}
	for _, v := range s.Versions {
		fmt.Fprintf(&b, "  version %-8s %7d answers\n", v.Version, v.Answers)
	}
	for _, e := range s.Examples {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	return b.String()
}

// counts lists every class but OK.
func counts(m map[Class]uint64) string {
	var parts []string
	for class, n := range m {
		if class != OK {
			parts = append(parts, fmt.Sprintf("%d %s", n, class))
		}
	}
	if parts == nil {
		return ""
	}
	slices.Sort(parts)
	return "  (" + strings.Join(parts, ", ") + ")"
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Microsecond)
}
