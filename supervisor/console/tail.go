package console

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"unicode"
)

const (
	tailBytes  = 16 << 10
	tailLines  = 40  // Node writes 20 below the line that names a port in use
	lineLength = 500 // runes
)

// tail keeps the last bytes of a stream.
type tail struct {
	mu   sync.Mutex // guards text
	text []byte     // at most twice tailBytes
}

func (t *tail) write(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b[max(0, len(b)-tailBytes):]...)
	if len(t.text) > 2*tailBytes {
		t.text = append(t.text[:0], t.text[len(t.text)-tailBytes:]...)
	}
}

func (t *tail) last() []string {
	t.mu.Lock()
	raw := bytes.Clone(t.text[max(0, len(t.text)-tailBytes):])
	t.mu.Unlock()
	if len(raw) == tailBytes { // the first line may be cut off
		if _, after, ok := bytes.Cut(raw, []byte{'\n'}); ok {
			raw = after
		}
	}
	return lastLines(raw)
}

// lastLines returns the last non-empty lines, safe to print. The lines of Ruby's backtraces do
// not count, because they follow the error, and Rails has 60 and more of them.
func lastLines(raw []byte) []string {
	var out []string
	for count := 0; len(raw) > 0 && count < tailLines; {
		end := bytes.LastIndexByte(raw, '\n')
		if line := harmless(raw[end+1:]); line != "" {
			out = append(out, line)
			if !strings.HasPrefix(line, " from ") {
				count++
			}
		}
		raw = raw[:max(end, 0)]
	}
	slices.Reverse(out)
	return out
}

// harmless returns a line as a terminal showed it in the end, without escape sequences and tabs, and not too long.
func harmless(line []byte) string {
	text := strings.ReplaceAll(visible(line, func([]byte) bool { return false }), "\t", " ")
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	if runes := []rune(text); len(runes) > lineLength {
		text = string(runes[:lineLength-1]) + "…"
	}
	return text
}
