package load

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Snapshot is what a run has seen so far; Wait's is what it saw. It is a copy
// and stays as it is.
type Snapshot struct {
	Elapsed  time.Duration
	Requests uint64           // judged so far, those of WebSockets (their messages) included
	Counts   map[Class]uint64 // of all Requests; absent means none
	Kinds    []KindStats      // in the order of Config.Kinds
	Versions []VersionStats   // in order of first appearance
	Examples []Example        // the first failures of each class, up to Config.Examples each

	Closes    Closes
	Races     Races
	WebSocket WebSocketStats

	// LongestStall is the longest any single answer took, without its path's
	// own time.
	LongestStall time.Duration
	// LongestGap is the longest time in which no request on a fresh
	// connection was completed, the time since the last one included as long
	// as there are workers to make them. Zero if the run has no such kind.
	LongestGap time.Duration
}

// Closes counts how connections kept alive were ended by the server between
// two requests, where HTTP's race could have happened.
type Closes struct {
	Idle      uint64 // cleanly, and seen before the next request was written
	Reset     uint64 // by a reset, and seen before the next request was written
	Raced     uint64 // the sum of Races.GET, Races.POST and Races.Other
	Announced uint64 // by the answer itself (Connection: close), which cannot race
}

// Total is how many closes could have raced.
func (c Closes) Total() uint64 { return c.Idle + c.Reset + c.Raced }

// Races counts HTTP's keep-alive races.
type Races struct {
	GET, POST, Other uint64
	// Taken is how many of them the server's kernel had acknowledged, within
	// Config.RaceWithin before the end: the program was closing and had not
	// looked. Known on Linux only.
	Taken uint64
	// Longest is the longest time from a request's write to the end that
	// raced with it.
	Longest time.Duration
}

// KindStats is what one kind of client has seen.
type KindStats struct {
	Name     string
	Requests uint64
	Counts   map[Class]uint64
	Dials    uint64 // connections begun
	Closes   Closes
	Latency  Latency // of complete answers, right or wrong
}

// Example is one failure with all that is known of it.
type Example struct {
	Kind       string
	Class      Class
	Target     string
	Local      string        // the client's own address, "" if there was no connection
	At         time.Duration // since the start of the run
	ConnAge    time.Duration // since the dial began
	Request    int           // the how-manieth on this connection, from 1
	SinceWrite time.Duration // 0 if nothing was written
	Got        int64         // bytes of the answer that had come
	Taken      string        // "yes" or "no" if the server's kernel is known to have acknowledged the request or not
	Version    string        // of the answer, if it had one
	Err        string
}

// String puts an example on one line.
func (e Example) String() string {
	s := fmt.Sprintf("%s: %s at %v: request %d of the connection %s -> %s (%v old), %v after the write, %d bytes of the answer",
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

// Failed is how many requests were lost or spoilt. The races and what was
// abandoned at the end are not among them.
func (s Snapshot) Failed() uint64 {
	n := uint64(0)
	for class, count := range s.Counts {
		if class.Failure() {
			n += count
		}
	}
	return n
}

// PerSecond is how many requests were judged in each second of the run.
func (s Snapshot) PerSecond() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Requests) / s.Elapsed.Seconds()
}

// Version returns what a version has answered; the zero VersionStats if it has
// not.
func (s Snapshot) Version(version string) VersionStats {
	for _, v := range s.Versions {
		if v.Version == version {
			return v
		}
	}
	return VersionStats{}
}

// Line is the snapshot for a progress display.
func (s Snapshot) Line() string {
	newest := "none yet"
	for _, v := range s.Versions {
		if !v.Replaced {
			newest = v.Version
		}
	}
	return fmt.Sprintf("%d requests (%.0f/s), %d failed, %d races in %d closes, longest stall %v, version %s",
		s.Requests, s.PerSecond(), s.Failed(), s.Closes.Raced, s.Closes.Total(), round(s.LongestStall), newest)
}

// String is the snapshot on several lines, the failures kept as examples
// included.
func (s Snapshot) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %s, longest gap %v\n", round(s.Elapsed), s.Line(), round(s.LongestGap))
	for _, k := range s.Kinds {
		fmt.Fprintf(&b, "  %-16s %7d requests %6d connections %5d closed idle  %5d announced  p50 %v  p99 %v  max %v%s\n",
			k.Name, k.Requests, k.Dials, k.Closes.Total(), k.Closes.Announced, round(k.Latency.P50), round(k.Latency.P99), round(k.Latency.Max), counts(k.Counts))
	}
	for _, v := range s.Versions {
		fmt.Fprintf(&b, "  version %-8s %7d answers, %d fresh, from %v to %v\n", v.Version, v.Answers, v.Fresh, round(v.First), round(v.Last))
	}
	if s.Closes.Raced > 0 {
		fmt.Fprintf(&b, "  races: %d GET, %d POST, %d other; %d taken by the server's kernel; longest %v\n",
			s.Races.GET, s.Races.POST, s.Races.Other, s.Races.Taken, round(s.Races.Longest))
	}
	if w := s.WebSocket; w.Dials > 0 {
		fmt.Fprintf(&b, "  %s\n", w)
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
