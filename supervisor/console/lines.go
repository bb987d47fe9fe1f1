package console

import "bytes"

// maxPart bounds what is kept back of a line without an end. The rest of a longer line comes later.
const maxPart = 16 << 10

// lines divides a stream after line feeds. All methods may be called on nil.
type lines struct {
	gen  int
	add  func(gen int, text []byte)
	part []byte // of a line that has no end yet
}

func (l *lines) write(b []byte) {
	if l == nil {
		return
	}
	if end := bytes.LastIndexByte(b, '\n') + 1; end > 0 {
		l.part, b = append(l.part, b[:end]...), b[end:]
		l.end()
	}
	if l.part = append(l.part, b...); len(l.part) >= maxPart {
		l.end()
	}
}

// end passes on what there is: whole lines, or the last words of the program.
func (l *lines) end() {
	if l != nil && len(l.part) > 0 {
		l.add(l.gen, l.part)
		l.part = l.part[:0]
	}
}
