package readiness

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// message is the part of a datagram that hotswap understands.
type message struct {
	Ready    bool
	Stopping bool
	Status   string        // "" if there is none
	Extend   time.Duration // 0 if the program asks for no time
}

const (
	maxMessage = 4096 // the longest message that systemd takes
	maxStatus  = 256  // of the status text, in bytes
)

// parseMessage reads lines of NAME=value and ignores unknown names, as the protocol demands. If a name comes
// twice, the last value counts.
func parseMessage(b []byte) (m message) {
	for line := range strings.SplitSeq(string(b), "\n") {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "READY":
			m.Ready = value == "1"
		case "STOPPING":
			m.Stopping = value == "1"
		case "STATUS":
			m.Status = printable(value)
		case "EXTEND_TIMEOUT_USEC":
			n, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				n = 0
			}
			m.Extend = time.Duration(min(n, math.MaxInt64/uint64(time.Microsecond))) * time.Microsecond
		}
	}
	return m
}

// printable removes what would move a terminal's cursor, and shortens s.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	for i := range s {
		if i > maxStatus {
			return s[:i] + "…"
		}
	}
	return s
}

// reportEvery is the shortest time between two reports of a generation.
const reportEvery = 100 * time.Millisecond

// merger merges messages that come faster than reportEvery, because each report costs the supervisor's loop a
// step. The first READY=1 and the first STOPPING=1 are due at once.
type merger struct {
	merged   message // to be reported
	pending  bool
	reported time.Time // of the last report
	ready    bool      // READY=1 has been reported
	stopping bool      // STOPPING=1 has been reported
}

// add merges a message. Of two values the newer counts.
func (p *merger) add(m message) {
	if m == (message{}) {
		return
	}
	p.pending = true
	p.merged.Ready = p.merged.Ready || m.Ready
	p.merged.Stopping = p.merged.Stopping || m.Stopping
	if m.Status != "" {
		p.merged.Status = m.Status
	}
	if m.Extend > 0 {
		p.merged.Extend = m.Extend
	}
}

// due returns when the merged message is to be reported, or zero if there is none.
func (p *merger) due() time.Time {
	switch {
	case !p.pending:
		return time.Time{}
	case p.merged.Ready && !p.ready, p.merged.Stopping && !p.stopping:
		return p.reported
	}
	return p.reported.Add(reportEvery)
}

// take returns the merged message if it is due.
func (p *merger) take(now time.Time) (message, bool) {
	if !p.pending || now.Before(p.due()) {
		return message{}, false
	}
	m := p.merged
	p.ready, p.stopping = p.ready || m.Ready, p.stopping || m.Stopping
	p.merged, p.pending, p.reported = message{}, false, now
	return m, true
}
