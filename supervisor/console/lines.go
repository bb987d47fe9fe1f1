package console

import (
	"bytes"
	"regexp"
)

// maxPart bounds what is kept back of a line without an end. The rest of a longer line comes later.
const maxPart = 16 << 10

// lines divides a stream after line feeds. The zero value does nothing with the lines.
type lines struct {
	gen   int
	keep  func(gen int, text []byte) // gets all; nil: nobody wants them
	ready *regexp.Regexp             // to find in a line, without its end and escape sequences; nil: nothing, or found
	hear  func(line string)          // gets each, as a terminal shows it; nil: nobody listens
	part  []byte                     // of a line that has no end yet
}

// write reports whether a line means readiness, once.
func (l *lines) write(b []byte) (ready bool) {
	if end := bytes.LastIndexByte(b, '\n') + 1; end > 0 {
		l.part, b = append(l.part, b[:end]...), b[end:]
		ready = l.end()
	}
	l.part = append(l.part, b...)
	if len(l.part) >= maxPart {
		ready = l.end() || ready
	}
	return ready
}

// end passes on what there is: whole lines, or the last words of the program.
func (l *lines) end() (ready bool) {
	for line := range bytes.Lines(l.part) {
		if l.ready != nil && l.ready.Match(bytes.TrimRight(escapes().ReplaceAll(line, nil), "\r\n")) {
			ready, l.ready = true, nil
		}
		if l.hear != nil {
			l.hear(harmless(line))
		}
	}
	if l.keep != nil && len(l.part) > 0 {
		l.keep(l.gen, l.part)
	}
	l.part = l.part[:0]
	return ready
}
