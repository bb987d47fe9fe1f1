package drain

import (
	"bytes"
	"strconv"
	"strings"
)

// kind is what a client has sent, as far as the bytes show.
type kind uint8

const (
	kindPart    kind = iota // perhaps the beginning of a request
	kindRequest             // a whole head of a request of HTTP/1, and perhaps more
	kindStays               // the same, but the request cannot move
	kindOther               // anything else: the rest of a body, a message
	kindFrames              // nothing but whole frames of a WebSocket's client
	kindForeign             // not HTTP/1 from here on: TLS, HTTP/2, or a request for a tunnel or another protocol
)

// request is what input looks like.
type request struct {
	kind        kind
	head, total int  // the lengths of the head and of the whole request, in bytes
	expects     bool // the client sends the body when somebody tells it to go on
}

// heldFrom is the least limit with which input is held, in bytes: no program sets so high a limit. Half of the limit is
// enough for the request that moves. Input above the limit would wake the old process.
const heldFrom = 1 << 20

const (
	peekMost   = 16 << 10 // bytes of a head
	takeMost   = 2 << 20  // bytes of a request that moves
	methodMost = 24       // bytes; the longest registered method has 17
)

// requestIn distinguishes a request of HTTP/1 (RFC 9112, sections 2 to 7) from all other input. It is strict: unknown
// input goes to the old process, which may know better. A request of more than most bytes stays. A request in chunks
// counts as whole only when all of it is there: nothing else tells its length.
func requestIn(b []byte, most int) request {
	if len(b) > 0 && (b[0] == 0x16 || b[0] == 0x17) { // a handshake, or data (RFC 8446, section 5.1)
		return request{kind: kindForeign}
	}
	n := 0
	for n < len(b) && (b[n] >= 'A' && b[n] <= 'Z' || b[n] == '-') {
		n++
	}
	part := request{kind: kindOther}
	if len(b) < peekMost {
		part.kind = kindPart
	}
	switch {
	case n == len(b) && n <= methodMost:
		return part
	case areFrames(b):
		return request{kind: kindFrames}
	case n == 0 || n > methodMost || b[n] != ' ':
		return request{kind: kindOther}
	case string(b[:n]) == "PRI", string(b[:n]) == "CONNECT": // HTTP/2 (RFC 9113, section 3.4), and a tunnel
		return request{kind: kindForeign}
	}
	head, body, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	line, fields, more := bytes.Cut(head, []byte("\r\n"))
	if !whole && !more { // the first line may go on
		if bytes.ContainsAny(line, "\n\x00") {
			return request{kind: kindOther}
		}
		return part
	}
	target, old := bytes.CutSuffix(line[n+1:], []byte(" HTTP/1.0"))
	target, ok := bytes.CutSuffix(target, []byte(" HTTP/1.1"))
	if ok == old || len(target) == 0 || bytes.ContainsAny(target, " \t\r\n\x00") {
		return request{kind: kindOther}
	}
	if !whole {
		return part
	}
	return framed(request{kind: kindRequest, head: len(b) - len(body)}, fields, body, old, most)
}

// framed completes a request by what the fields of its head, each in a line, say about its body. old says that the
// client speaks HTTP/1.0.
func framed(q request, fields, body []byte, old bool, most int) request {
	length, chunked := -1, false
	for field := range bytes.SplitSeq(fields, []byte("\r\n")) {
		if len(fields) == 0 {
			break
		}
		name, value, ok := bytes.Cut(field, []byte(":"))
		if !ok || len(name) == 0 || bytes.ContainsAny(field, "\r\n\x00") || bytes.ContainsAny(name, " \t") {
			return request{kind: kindOther}
		}
		value = bytes.Trim(value, " \t")
		switch strings.ToLower(string(name)) {
		case "upgrade":
			return request{kind: kindForeign}
		case "expect":
			q.expects = true
		case "transfer-encoding":
			if chunked || old || !strings.EqualFold(string(value), "chunked") {
				q.kind = kindStays
			}
			chunked = true
		case "content-length":
			n, err := strconv.ParseUint(string(value), 10, 31)
			if length >= 0 || err != nil {
				q.kind = kindStays
			}
			length = int(n)
		}
	}
	q.total = q.head + max(length, 0)
	if chunked {
		n, whole, ok := chunksIn(body)
		q.total = q.head + n
		switch {
		case !ok, length >= 0, q.expects && !whole:
			q.kind = kindStays
		case !whole && q.kind == kindRequest && q.total <= most:
			q.kind = kindPart
		}
	}
	if q.total > most {
		q.kind = kindStays
	}
	return q
}

// namesPort reports whether a request's head names the port to which it was sent (RFC 9110, section 7.2).
func namesPort(head []byte, port uint16) bool {
	for field := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(field, []byte(":"))
		if !bytes.EqualFold(name, []byte("host")) {
			continue
		}
		value = bytes.Trim(value, " \t")
		if i := bytes.LastIndexByte(value, ':'); i > bytes.LastIndexByte(value, ']') {
			return string(value[i+1:]) == strconv.Itoa(int(port))
		}
		return port == 80
	}
	return false
}

// chunksIn returns how many bytes belong to a body in chunks with its trailer (RFC 9112, section 7.1), as far as they
// are there, and whether all are there. ok is false if the body breaks a rule of the RFC.
func chunksIn(b []byte) (n int, whole, ok bool) {
	for {
		line, _, more := bytes.Cut(b[n:], []byte("\r\n"))
		digits, _, _ := bytes.Cut(line, []byte(";"))
		digits = bytes.TrimRight(digits, " \t")
		size, err := strconv.ParseUint(string(digits), 16, 31)
		switch {
		case !clean(line, more) || len(line) > peekMost:
			return n, false, false
		case !more:
			return len(b), false, true
		case err != nil:
			return n, false, false
		}
		n += len(line) + 2
		if size == 0 {
			break
		}
		end := n + int(size)
		if len(b) < end+2 {
			return max(end, len(b)), false, len(b) <= end || b[end] == '\r'
		}
		if b[end] != '\r' || b[end+1] != '\n' {
			return n, false, false
		}
		n = end + 2
	}
	for {
		line, _, more := bytes.Cut(b[n:], []byte("\r\n"))
		name, _, field := bytes.Cut(line, []byte(":"))
		switch {
		case !clean(line, more) || len(line) > peekMost:
			return n, false, false
		case !more:
			return len(b), false, true
		case len(line) == 0:
			return n + 2, true, true
		case !field || len(name) == 0 || bytes.ContainsAny(name, " \t"):
			return n, false, false
		}
		n += len(line) + 2
	}
}

// clean reports whether a line has no line break in the midst. A line that is not whole may end with the first half of
// a line break.
func clean(line []byte, whole bool) bool {
	if !whole {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	return !bytes.ContainsAny(line, "\r\n\x00")
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
