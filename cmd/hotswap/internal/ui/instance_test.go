package ui

import (
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

func TestWhichAre(t *testing.T) {
	for want, ids := range map[string][]proc.Identity{
		"process 7 is":       {{PID: 7}},
		"processes 7, 9 are": {{PID: 7}, {PID: 9}},
	} {
		if got := whichAre(ids); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
