package notify

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Message is one datagram, as far as it matters here.
type Message struct {
	Ready    bool
	Stopping bool
	Status   string        // "" if there is none
	Extend   time.Duration // 0 if it asks for no time
}

// maxMessage is the longest message that systemd takes.
const maxMessage = 4096

// maxStatus is the longest status that is told.
const maxStatus = 256

// Parse reads lines of NAME=value. What it does not know it ignores, as the
// protocol demands; of a name that comes twice, the last counts.
func Parse(b []byte) Message {
	var m Message
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
			m.Extend = microseconds(value)
		}
	}
	return m
}

// microseconds is 0 for what is no number.
func microseconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, math.MaxInt64/uint64(time.Microsecond))) * time.Microsecond
}

// printable is s without what would move a terminal's cursor, and not too long.
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
