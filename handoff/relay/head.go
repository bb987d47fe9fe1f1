package relay

import (
	"bytes"
	"errors"
	"io"
)

// headMost bounds the head of an answer.
const headMost = 64 << 10

var errHead = errors.New("the head is too long, or never ends")

// readHead reads until the head of an answer is whole, and returns it with its empty line, and what was read beyond.
func readHead(from io.Reader) (head, rest []byte, err error) {
	var all []byte
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		all = append(all, b[:n]...)
		if end := headEnd(all); end > 0 {
			return all[:end], all[end:], nil
		}
		if err != nil {
			return nil, all, err
		}
		if len(all) > headMost {
			return nil, all, errHead
		}
	}
}

// headEnd returns the length of the head in b, or 0. Its lines may end without a carriage return (RFC 9112, section
// 2.2).
func headEnd(b []byte) (n int) {
	for line := range bytes.Lines(b) {
		n += len(line)
		if string(line) == "\n" || string(line) == "\r\n" {
			return n
		}
	}
	return 0
}

// closing returns the head with 'Connection: close' in place of what it said of the connection (RFC 9112, section 9.6).
func closing(head []byte) (out []byte) {
	for line := range bytes.Lines(head) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch {
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			return append(out, "Connection: close\r\n\r\n"...)
		case !bytes.EqualFold(name, []byte("connection")) && !bytes.EqualFold(name, []byte("keep-alive")):
			out = append(out, line...)
		}
	}
	return out
}

// isInterim reports whether the answer's head is followed by that of another answer to the same request (RFC
// 9110, section 15.2).
func isInterim(head []byte) bool {
	_, status, _ := bytes.Cut(head, []byte(" "))
	return bytes.HasPrefix(status, []byte("1")) && !bytes.HasPrefix(status, []byte("101"))
}

// reconnects reports whether a request's head is that of a client that comes back after the end of an event stream.
func reconnects(head []byte) bool {
	return bytes.HasPrefix(head, []byte("GET ")) && bytes.HasPrefix(field(head, "accept"), []byte("text/event-stream"))
}

// isEventStream reports whether an answer's head is that of an event stream.
func isEventStream(head []byte) bool {
	return bytes.HasPrefix(field(head, "content-type"), []byte("text/event-stream"))
}

// field returns the first value of a field, in lower case; nil: there is none.
func field(head []byte, name string) []byte {
	for line := range bytes.Lines(head) {
		if n, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(n, []byte(name)) {
			return bytes.ToLower(bytes.TrimSpace(value))
		}
	}
	return nil
}
