package control

import "testing"

// A reader may ask for the newest parts only, and learns that something is missing behind what it had.
func TestLogNext(t *testing.T) {
	l := NewLog()
	l.Add(1, []byte("one"))
	first := l.Newest("", 0)
	for range logRoom / (logRoom/4 - partRoom) {
		l.Add(2, make([]byte, logRoom/4-partRoom))
	}
	l.Add(3, []byte("last"))
	if got := l.Next(t.Context(), l.Newest(first, 1), 9); len(got) != 1 || got[0].Text != "last" || got[0].Missed > 0 {
		t.Errorf("%d parts", len(got))
	}
	if got := l.Next(t.Context(), "", 1); len(got) != 1 || got[0].Missed > 0 { // it had nothing
		t.Errorf("%d parts", len(got))
	}
	if got := l.Next(t.Context(), first, 1); len(got) != 1 || got[0].Missed != 1 {
		t.Errorf("%d parts, %d missed", len(got), got[0].Missed)
	}
}
