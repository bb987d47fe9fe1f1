package console

import (
	"bytes"
	"strings"
	"sync"
	"unicode"
)

const (
	tailBytes  = 16 << 10
	tailLines  = 20
	lineLength = 500 // runes
)

// tail remembers the end of what was written, as it is; lines are made of it
// only when somebody asks.
type tail struct {
	mu   sync.Mutex // guards what follows
	ring []byte     // grows to tailBytes
	next int        // where the next byte goes once it is full
}

func (t *tail) write(b []byte) {
	if len(b) > tailBytes {
		b = b[len(b)-tailBytes:]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	grow := min(len(b), tailBytes-len(t.ring))
	t.ring, b = append(t.ring, b[:grow]...), b[grow:]
	for len(b) > 0 {
		n := copy(t.ring[t.next:], b)
		t.next, b = (t.next+n)%tailBytes, b[n:]
	}
}

func (t *tail) last() []string {
	t.mu.Lock()
	raw := append(bytes.Clone(t.ring[t.next:]), t.ring[:t.next]...)
	t.mu.Unlock()
	if len(raw) == tailBytes { // the first line is the end of one
		if _, after, ok := bytes.Cut(raw, []byte{'\n'}); ok {
			raw = after
		}
	}
	return lastLines(raw)
}

// lastLines are the last lines that say something, harmless to print.
func lastLines(raw []byte) []string {
	var out []string
	for len(raw) > 0 && len(out) < tailLines {
		end := bytes.LastIndexByte(raw, '\n')
		if line := harmless(raw[end+1:]); line != "" {
			out = append(out, line)
		}
		raw = raw[:max(end, 0)]
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// harmless is a line as a person saw it in the end: without escape sequences and
// control characters, and what a carriage return has written over.
func harmless(line []byte) string {
	text := strings.TrimRight(string(plain(line)), "\r")
	text = text[strings.LastIndexByte(text, '\r')+1:]
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	if runes := []rune(text); len(runes) > lineLength {
		text = string(runes[:lineLength-1]) + "…"
	}
	return text
}
