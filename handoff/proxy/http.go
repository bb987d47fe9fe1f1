package proxy

import (
	"bytes"
	"math"
	"strconv"
	"strings"
)

const (
	headMost = 16 << 10 // bytes of a head, which each connection may keep, or of a line between chunks
	askMost  = 64       // requests of a connection that wait for their answers
)

// exchange follows the requests and answers of a connection.
type exchange struct {
	asks, answers message
	heads         []bool // of the requests that were not answered: whether the method is HEAD
	// the client may wait with the body of its newest request, and then leave it out (RFC 9110, section 10.1.1)
	expects bool
	opaque  bool // it is not known whether a request is under way
	last    bool // the server ends the connection after an answer
	interim bool // the answer under way is followed by another one to the same request (RFC 9110, section 15.2)
	stream  bool // it is an event stream
}

// rests reports whether no request is under way.
func (x *exchange) rests() bool {
	return !x.opaque && len(x.heads) == 0 && x.asks.isNew() && x.answers.isNew()
}

func (x *exchange) request(b []byte) {
	x.opaque = x.opaque || !x.asks.read(b, func() bool { return true }, func(f fields) (int64, bool) {
		method, rest, _ := strings.Cut(f.first, " ")
		target, version, _ := strings.Cut(rest, " ")
		x.heads = append(x.heads, method == "HEAD")
		x.last, x.expects = x.last || f.ends(version), f.expects
		f.length = max(f.length, 0)
		return f.length, isToken(method) && target != "" && (version == "HTTP/1.1" || version == "HTTP/1.0" &&
			f.length != chunked) &&
			method != "CONNECT" && len(x.heads) <= askMost
	}, func() {})
	x.forget()
}

// forget keeps no head of a connection that is not followed any more.
func (x *exchange) forget() {
	if x.opaque {
		x.asks, x.answers = message{}, message{}
	}
}

func (x *exchange) answer(b []byte) {
	asked := func() bool { return len(x.heads) > 0 }
	x.opaque = x.opaque || !x.answers.read(b, asked, func(f fields) (int64, bool) {
		version, rest, _ := strings.Cut(f.first, " ")
		status, _, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(status)
		if err != nil || len(status) != 3 || !strings.HasPrefix(version, "HTTP/1.") || n == 101 {
			return 0, false // 101: another protocol follows
		}
		x.interim = n < 200
		if x.interim {
			return 0, true
		}
		if x.expects && !x.asks.isNew() {
			return 0, false
		}
		x.last = x.last || f.ends(version)
		x.stream = f.stream
		if x.heads[0] || n == 204 || n == 304 {
			return 0, true
		}
		return f.length, true
	}, func() {
		if !x.interim {
			x.heads, x.stream = x.heads[1:], false
		}
	})
	x.forget()
}

// Lengths of a body that are none.
const (
	unknown = -1 // until the end of the connection
	chunked = math.MaxInt64
)

// fields are what matters of a head.
type fields struct {
	first              string // the line
	length             int64  // unknown: no line gives it
	expects, stream    bool
	closes, keepsAlive bool
}

// ends reports whether the connection ends after the message (RFC 9112, section 9.3).
func (f fields) ends(version string) bool { return f.closes || version == "HTTP/1.0" && !f.keepsAlive }

// add reads a line of a head. It returns false if another reader might read that differently (RFC 9112, sections 5 and
// 6.3).
func (f *fields) add(line string) bool {
	if f.first == "" {
		f.first, f.length = line, unknown
		return true
	}
	name, value, colon := strings.Cut(line, ":")
	if !colon || !isToken(name) {
		return false
	}
	switch value = strings.ToLower(strings.Trim(value, " \t")); strings.ToLower(name) {
	case "content-length":
		n, err := strconv.ParseUint(value, 10, 62)
		if f.length != unknown || err != nil {
			return false
		}
		f.length = int64(n)
	case "transfer-encoding":
		if f.length != unknown || value != "chunked" {
			return false
		}
		f.length = chunked
	case "connection":
		f.closes = f.closes || strings.Contains(value, "close")
		f.keepsAlive = f.keepsAlive || strings.Contains(value, "keep-alive")
	case "expect":
		f.expects = true
	case "content-type":
		f.stream = strings.HasPrefix(value, "text/event-stream")
	}
	return true
}

func isToken(s string) bool {
	for _, b := range []byte(s) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, b) >= 0 {
			return false
		}
	}
	return s != ""
}

// part says what of a message comes next.
type part uint8

const (
	inHead part = iota
	inBody
	inChunk
	inLine    // that ends a chunk
	inSize    // of a chunk
	inTrailer // behind the last chunk
	inRest    // which ends with the connection
)

// message is a place in the messages of one direction.
type message struct {
	part part
	line []byte // so far
	size int    // bytes of the head, or of a line behind it, so far
	head fields // so far
	left int64  // bytes of the body or the chunk
}

func (m *message) isNew() bool { return m.part == inHead && m.size == 0 }

// read goes on by what was sent. may reports at the first byte of each message whether one may come, begun gets each
// head, and returns the length of the body. ended is called at the end of each message. It returns false if the
// messages are not plain.
func (m *message) read(b []byte, may func() bool, begun func(fields) (int64, bool), ended func()) bool {
	for len(b) > 0 {
		if m.isNew() && !may() {
			return false
		}
		switch m.part {
		case inRest:
			return true
		case inBody, inChunk:
			n := min(m.left, int64(len(b)))
			b, m.left = b[n:], m.left-n
			if m.left > 0 {
				return true
			}
			if m.part == inChunk {
				m.part = inLine
			} else {
				m.part = inHead
				ended()
			}
			continue
		}
		i := bytes.IndexByte(b, '\n') + 1
		whole := i > 0
		if !whole {
			i = len(b)
		}
		m.line, b = append(m.line, b[:i]...), b[i:]
		m.size += i
		if m.size > headMost {
			return false
		}
		if whole && !m.next(begun, ended) {
			return false
		}
	}
	return true
}

// next goes on behind a whole line. What ends otherwise than by CRLF might be read differently (RFC 9112, section 2.2).
func (m *message) next(begun func(fields) (int64, bool), ended func()) bool {
	line, plain := strings.CutSuffix(string(m.line), "\r\n")
	m.line = m.line[:0]
	if !plain || strings.ContainsAny(line, "\r\n\x00") {
		return false
	}
	if m.part == inHead && line != "" {
		return m.head.add(line)
	}
	m.size = 0
	switch m.part {
	case inHead:
		n, ok := begun(m.head)
		if !ok {
			return false
		}
		m.line, m.head, m.left = nil, fields{}, n
		switch n {
		case unknown:
			m.part = inRest
		case chunked:
			m.part = inSize
		case 0:
			ended()
		default:
			m.part = inBody
		}
	case inLine:
		m.part = inSize
		return line == ""
	case inSize:
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(size, 16, 62)
		m.left, m.part = int64(n), inChunk
		if n == 0 {
			m.part = inTrailer
		}
		return err == nil
	case inTrailer:
		if line == "" {
			m.part = inHead
			ended()
		}
	}
	return true
}
