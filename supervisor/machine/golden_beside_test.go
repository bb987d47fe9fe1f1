package machine

import "testing"

// The first generation waits for what programs beside it make, unless a save comes first. A hotswap that upgrades another one
// starts such programs later.
func TestStoryBeside(t *testing.T) {
	p := Policy{Watching: true, Beside: true}
	newStory(t, p).on(begin, BesideRests{First: begin}).want(`
		0.000 begin
			wait for what runs beside
		0.000 what runs beside rests
			start 1 first
	`)
	newStory(t, p).on(begin).quiet().on(save("a.ts"), BesideRests{First: begin}).want(`
		0.000 batch a.ts
			start 1 change a.ts
	`)
	s := newStory(t, p)
	s.m = New(p, Past{Last: 7})
	if got := s.m.Step(s.now, begin); sayEffect(got[0]) != "start 8 first" {
		t.Errorf("the child of an upgrade: %v", got)
	}
}
