package console

import "bytes"

// maxLine bounds a line that is kept. A longer line is kept in pieces.
const maxLine = 16 << 10

// lines divides a stream into lines. All methods may be called on nil.
type lines struct {
	gen  int
	add  func(gen int, text []byte)
	part []byte // of a line that has no end yet
}

func (l *lines) write(b []byte) {
	if l == nil {
		return
	}
	for line := range bytes.Lines(b) {
		for len(line) > 0 {
			n := min(len(line), maxLine-len(l.part))
			l.part, line = append(l.part, line[:n]...), line[n:]
			if len(l.part) == maxLine || l.part[len(l.part)-1] == '\n' {
				l.end()
			}
		}
	}
}

// end ends the line: with the stream, or because it is whole.
func (l *lines) end() {
	if l != nil && len(l.part) > 0 {
		l.add(l.gen, l.part)
		l.part = l.part[:0]
	}
}
