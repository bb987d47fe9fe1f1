package node

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// The first process that loads by a loader says it, and hotswap says it once.
func TestRememberedIsSaidOnce(t *testing.T) {
	var told []string
	a := &Session{gen: 7, of: &Transport{OnRemembered: func(gen handoff.GenID, what string) {
		if told = append(told, what); gen != 7 {
			t.Errorf("generation %d", gen)
		}
	}}}
	for _, what := range []string{"", "2 of 3 files", "", "nothing: no reason"} {
		a.noteRemembered(what)
	}
	if len(told) != 1 || told[0] != "2 of 3 files" || a.Remembered() != told[0] {
		t.Errorf("told %q, remembered %q", told, a.Remembered())
	}
	if what := (*Session)(nil).Remembered(); what != "" {
		t.Errorf("a generation without an adapter remembered %q", what)
	}
}
