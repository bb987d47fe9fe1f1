package control

import (
	"bytes"
	"context"
	"unicode/utf8"
)

// Last returns the number of the newest part.
func (l *Log) Last() uint64 { return l.parts.Last() }

// Next waits for parts after the one with the number seen. It returns at most limit of them, each as [LogLines] in
// JSON, in which Missed counts parts, and the number of the last; none: ctx or the log has ended.
func (l *Log) Next(ctx context.Context, seen uint64, limit int) (out [][]byte, last uint64) {
	parts, missed := l.parts.Next(ctx, seen, limit)
	last = seen + missed + uint64(len(parts))
	for _, p := range parts {
		next := LogLines{Gen: p.gen, Text: p.text, Missed: missed}
		if missed = 0; !utf8.ValidString(p.text) {
			next.Text, next.Bytes = "", []byte(p.text)
		}
		out = append(out, bytes.TrimSuffix(encoded(next), []byte("\n")))
	}
	return out, last
}
