package drain

import (
	"bytes"
	"time"
)

// protocol is what the client of a connection speaks, as far as the bytes show that it sends.
type protocol uint8

const (
	protoUnknown   protocol = iota
	protoHTTP               // a request of HTTP/1
	protoUpgrade            // a request of HTTP/1 that asks for another protocol
	protoWebSocket          // frames (RFC 6455)
	protoOther              // anything else, also TLS, inside of which nothing can be seen
)

// framesProve is how often input in the midst of what may be a request must look like frames.
const framesProve = 2

// slowFor is how old a request must be that the program still answers, if its input is to be held meanwhile.
const slowFor = 10 * time.Millisecond

const (
	peekMost   = 8 << 10 // bytes
	methodMost = 24      // bytes; the longest registered method has 17
)

// protocolOf returns what begins with b: the first bytes that the program has not read. all says that b is all
// of them, boundary that nothing before them belongs to the same message. It is protoUnknown if b is too short
// to tell.
func protocolOf(b []byte, all, boundary bool) protocol {
	switch request := requestIn(b, all); {
	case len(b) == 0:
		return protoUnknown
	case all && areFrames(b):
		return protoWebSocket
	case request == protoHTTP, request == protoUpgrade, boundary && request == protoUnknown:
		return request // no other protocol has a head of HTTP anywhere, but perhaps as the content of a request
	case !boundary:
		return protoUnknown
	}
	return protoOther
}

// requestIn tells a request of HTTP/1 (RFC 9112, sections 2 and 3) from anything else.
func requestIn(b []byte, all bool) protocol {
	b = bytes.TrimLeft(b, "\r\n") // section 2.2
	method := 0
	for method < len(b) && (b[method] >= 'A' && b[method] <= 'Z' || b[method] == '-') {
		method++
	}
	switch {
	case method == len(b) && method <= methodMost:
		return protoUnknown
	case method == 0 || method > methodMost || b[method] != ' ':
		return protoOther
	case string(b[:method]) == "PRI": // HTTP/2 (RFC 9113, section 3.4)
		return protoOther
	case string(b[:method]) == "CONNECT":
		return protoUpgrade
	}
	line, rest, whole := bytes.Cut(b, []byte("\n"))
	if whole && !bytes.HasSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(" HTTP/1.1")) && !bytes.HasSuffix(bytes.TrimSuffix(line, []byte("\r")), []byte(" HTTP/1.0")) {
		return protoOther
	}
	for whole {
		line, rest, whole = bytes.Cut(rest, []byte("\n"))
		if len(bytes.TrimSuffix(line, []byte("\r"))) == 0 && whole {
			return protoHTTP
		}
		if name, _, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("upgrade")) {
			return protoUpgrade
		}
	}
	if all {
		return protoUnknown // the rest of the head may ask for another protocol
	}
	return protoHTTP
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

// learn notes what the client speaks. b is what hotswap has read of the input that the last look showed; whole,
// that b is all of it.
func (l *connState) learn(b []byte, whole bool) {
	if len(b) == 0 {
		return
	}
	boundary := l.last.Received-l.base == uint64(l.last.Unread)
	p := protocolOf(b, whole, boundary)
	switch {
	case p == protoUnknown:
	case p == protoUpgrade:
		l.speaks = protoUnknown // the next bytes may speak the other protocol already
	case boundary, p == protoHTTP:
		l.speaks = p
	case l.speaks == protoUnknown: // frames
		if l.frames++; l.frames >= framesProve {
			l.speaks = p
		}
	}
	if l.speaks == protoWebSocket && l.parted {
		l.parted = false
		l.sizes.parted--
	}
}

// endable reports whether hotswap may end the connection between an answer and the next request. A client of
// another protocol is told by the program, if the program tells it. A socket whose input cannot be held counts
// as HTTP.
func (l *connState) endable() bool {
	return l.speaks == protoHTTP || l.speaks == protoUnknown && l.deaf
}

// curious reports whether the first bytes of the next input are to be read before the program does: it is not
// known what the client speaks, and this is not the midst of a request.
func (l *connState) curious() bool {
	if l.speaks != protoUnknown || l.deaf || l.last.Unread > 0 {
		return false
	}
	after := calmFor
	if l.last.PingPong == unknown {
		// A thread of the program would have to hold the input, which takes longer than the moment between an
		// answer and the next request of a client that does not pause.
		after = slowFor
	}
	return l.last.Received == l.base || l.dir != dirRequest || l.last.ReceivedAge >= after
}
