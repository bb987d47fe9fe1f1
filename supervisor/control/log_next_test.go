package control

import (
	"bytes"
	"slices"
	"testing"
)

// The page gets what is kept, what comes, and learns that something is missing.
func TestLogNext(t *testing.T) {
	l := NewLog()
	l.Add(1, []byte("one\ntwo\n"))
	l.Add(0, []byte("b\xff\x1b\n"))
	next := func(seen uint64, limit int, want uint64, texts ...string) {
		t.Helper()
		got, last := l.Next(t.Context(), seen, limit)
		var all []string
		for _, b := range got {
			all = append(all, string(b))
		}
		if last != want || !slices.Equal(all, texts) {
			t.Errorf("after %d: %q, %d", seen, all, last)
		}
	}
	one, two := `{"gen":1,"text":"one\ntwo\n"}`, `{"gen":0,"bytes":"Yv8bCg=="}`
	next(0, 9, 2, one, two)
	next(0, 1, 1, one)
	next(1, 9, 2, two)
	if l.Last() != 2 {
		t.Error(l.Last())
	}
	for range logRoom / maxPart {
		l.Add(2, make([]byte, maxPart))
	}
	l.Add(3, []byte("last"))
	l.Add(3, []byte("\x1b\n"))
	next(l.Last()-1, 9, l.Last(), `{"gen":3,"text":"\u001b\n"}`)
	if got, last := l.Next(t.Context(), 1, 1); len(got) != 1 || last != 5 || !bytes.HasSuffix(got[0], []byte(`"missed":3}`)) { // each takes partRoom, too
		t.Errorf("%d: …%s", last, got[0][max(0, len(got[0])-30):])
	}
}
