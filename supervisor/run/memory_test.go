package run

import (
	"math"
	"testing"
)

func TestRoom(t *testing.T) {
	for name, c := range map[string]struct {
		used, left uint64
		room       bool
	}{
		"plenty":          {100, 1000, true},
		"too little":      {100, 200, false},
		"it is not known": {100, math.MaxUint64 >> 20, true},
	} {
		m := Memory{
			Used: func([]int) uint64 { return c.used << 20 },
			Left: func() uint64 { return c.left << 20 },
		}
		for _, tree := range [][]int{{1}, nil} { // nil: as the last generation
			if err := m.Room(tree); (err == nil) != c.room {
				t.Errorf("%s, %v: %v", name, tree, err)
			}
		}
	}
}
