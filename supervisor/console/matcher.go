package console

import (
	"bytes"
	"regexp"
)

// longest limits the part of a line that is matched at once.
const longest = 64 << 10

// matcher finds a line, without escape sequences and line end.
type matcher struct {
	pattern *regexp.Regexp
	found   func() // called at most once
	line    []byte // incomplete
}

// feed reports whether the line was found. After that it must not be called again.
func (m *matcher) feed(b []byte) bool {
	for len(b) > 0 {
		n, complete := bytes.IndexByte(b, '\n'), true
		if n < 0 {
			n, complete = len(b), false
		}
		if room := longest - len(m.line); n >= room {
			n, complete = room, true
			m.line, b = append(m.line, b[:n]...), b[n:]
		} else {
			m.line, b = append(m.line, b[:n]...), b[min(n+1, len(b)):]
		}
		if !complete {
			return false
		}
		if m.pattern.Match(bytes.TrimRight(plain(m.line), "\r")) {
			m.found()
			return true
		}
		m.line = m.line[:0]
	}
	return false
}
