package supervisor

import "testing"

// One kill explains one end.
func TestMemoryKillsExplainOneEnd(t *testing.T) {
	kills := 3
	m := &memory{kills: func() int { return kills }}
	first, second := m.kills(), m.kills()
	if m.killedSince(first) {
		t.Error("killed, and the count has not risen")
	}
	kills++
	if !m.killedSince(first) {
		t.Error("not killed, and the count has risen")
	}
	if m.killedSince(second) {
		t.Error("one kill explains two ends")
	}
	if kills++; !m.killedSince(second) {
		t.Error("the next kill explains nothing")
	}
}
