package run

import "testing"

// One kill explains one end.
func TestMemoryKillsExplainOneEnd(t *testing.T) {
	kills := 3
	m := &Memory{Kills: func() int { return kills }}
	first, second := m.Kills(), m.Kills()
	if m.KilledSince(first) {
		t.Error("killed, and the count has not risen")
	}
	kills++
	if !m.KilledSince(first) {
		t.Error("not killed, and the count has risen")
	}
	if m.KilledSince(second) {
		t.Error("one kill explains two ends")
	}
	if kills++; !m.KilledSince(second) {
		t.Error("the next kill explains nothing")
	}
}
