package drain

import (
	"bytes"
	"strconv"
	"strings"
)

// kind is what a client has sent, as far as it shows.
type kind uint8

const (
	kindPart    kind = iota // perhaps the beginning of a request
	kindRequest             // a whole head of a request of HTTP/1, and perhaps more
	kindStays               // the same, but the request cannot move
	kindOther               // anything else: the rest of a body, a message
	kindFrames              // nothing but whole frames of a WebSocket's client
	kindForeign             // never HTTP/1: TLS, or HTTP/2
)

// heldFrom is the least limit with which input is held: no program sets so high a one, and half of it is enough for
// the body of a request that moves. More must not lie there unread, because it would wake the old process.
const heldFrom = 1 << 20

const (
	peekMost   = 16 << 10 // bytes of a head
	bodyMost   = heldFrom / 2
	methodMost = 24 // bytes; the longest registered method has 17
)

// kindOf distinguishes a request of HTTP/1 (RFC 9112, sections 2 to 5) from all other input. It is strict: unknown
// input goes to the old process, which may know better.
func kindOf(b []byte) kind {
	if len(b) > 0 && (b[0] == 0x16 || b[0] == 0x17) { // a handshake, or data (RFC 8446, section 5.1)
		return kindForeign
	}
	n := 0
	for n < len(b) && (b[n] >= 'A' && b[n] <= 'Z' || b[n] == '-') {
		n++
	}
	switch {
	case n == len(b) && n <= methodMost:
		return kindPart
	case areFrames(b):
		return kindFrames
	case n == 0 || n > methodMost || b[n] != ' ':
		return kindOther
	case string(b[:n]) == "PRI": // HTTP/2 (RFC 9113, section 3.4)
		return kindForeign
	case string(b[:n]) == "CONNECT":
		return kindOther
	}
	head, _, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if !whole && len(line) == len(head) { // the first line may go on
		if len(b) < peekMost && !bytes.ContainsAny(line, "\n\x00") {
			return kindPart
		}
		return kindOther
	}
	target, ok := bytes.CutSuffix(line[n+1:], []byte(" HTTP/1.1"))
	if !ok {
		target, ok = bytes.CutSuffix(line[n+1:], []byte(" HTTP/1.0"))
	}
	if !ok || len(target) == 0 || bytes.ContainsAny(target, " \t\n\x00") {
		return kindOther
	}
	if !whole {
		if len(b) < peekMost {
			return kindPart
		}
		return kindOther
	}
	found := kindRequest
	for field := range bytes.SplitSeq(fields, []byte("\r\n")) {
		if len(fields) == 0 {
			break
		}
		name, value, ok := bytes.Cut(field, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(field, "\n\x00") || bytes.ContainsAny(name, " \t") {
			return kindOther
		}
		switch strings.ToLower(string(name)) {
		case "transfer-encoding", "upgrade":
			found = kindStays
		case "content-length":
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || n > bodyMost {
				found = kindStays
			}
		}
	}
	return found
}

// areFrames reports whether b is nothing but whole frames of a WebSocket's client. Each has the mask bit, a known
// operation and no reserved bit but the one that compression uses (RFC 6455, section 5.2, and RFC 7692).
func areFrames(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 6 || b[0]&0x30 != 0 || b[1]&0x80 == 0 {
			return false
		}
		switch b[0] & 0x0f {
		case 0, 1, 2: // continuation, text, binary
		case 8, 9, 10: // close, ping, pong: never in parts
			if b[0]&0x80 == 0 || b[1]&0x7f > 125 {
				return false
			}
		default:
			return false
		}
		head, length := 6, uint64(b[1]&0x7f)
		switch length {
		case 126:
			head, length = 8, 0
		case 127:
			head, length = 14, 0
		}
		if len(b) < head {
			return false
		}
		for _, c := range b[2 : head-4] {
			length = length<<8 | uint64(c)
		}
		if length > uint64(len(b)-head) {
			return false
		}
		b = b[head+int(length):]
	}
	return true
}
