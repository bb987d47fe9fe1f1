package control

import "testing"

// A reader gets what is kept, what comes, and learns that something is missing.
func TestLogNext(t *testing.T) {
	l := NewLog()
	l.Add(1, []byte("one\ntwo\n"))
	l.Add(0, []byte("b\xff\x1b\n"))
	next := func(at string, limit int, texts ...string) (last string) {
		t.Helper()
		got := l.Next(t.Context(), at, limit)
		if len(got) != len(texts) {
			t.Fatalf("after %s: %+v", at, got)
		}
		for i, text := range texts {
			if got[i].Text+string(got[i].Bytes) != text || got[i].Missed > 0 {
				t.Errorf("after %s: %+v, want %q", at, got[i], text)
			}
			last = got[i].At
		}
		return last
	}
	one, two := "one\ntwo\n", "b\xff\x1b\n"
	next("", 9, one, two)
	next("1-1", 9, one, two) // of another log
	next(next("", 1, one), 9, two)
	next(l.Newest("", 1), 9, two)
	next(l.Newest("", 9), 9, one, two)
	const large = 16 << 10
	first := l.Newest("", 1)
	for range logRoom / large {
		l.Add(2, make([]byte, large))
	}
	l.Add(3, []byte("last"))
	next(l.Newest(first, 1), 9, "last")
	next("", 1, string(make([]byte, large)))                                       // the oldest that is kept
	if got := l.Next(t.Context(), first, 1); len(got) != 1 || got[0].Missed != 3 { // each takes partRoom, too
		t.Errorf("%d parts, %d missed", len(got), got[0].Missed)
	}
}
