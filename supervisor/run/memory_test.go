package run

import "testing"

// The exact size of a generation is dear: nobody asks for it where there is room in any case.
func TestRoom(t *testing.T) {
	for name, c := range map[string]struct {
		most, used, left uint64
		asked            int
		room             bool
	}{
		"plenty":          {100, 60, 1000, 0, true},
		"shared memory":   {100, 60, 300, 1, true},
		"too little":      {100, 60, 200, 1, false},
		"it is not known": {100, 60, 0, 0, true},
	} {
		asked := 0
		m := Memory{
			Used: func([]int) uint64 { asked++; return c.used << 20 },
			Most: func([]int) uint64 { return c.most << 20 },
			Left: func() (uint64, bool) { return c.left << 20, c.left > 0 },
		}
		for _, tree := range [][]int{{1}, nil} { // nil: as the last generation
			if err := m.Room(tree); (err == nil) != c.room || asked != c.asked {
				t.Errorf("%s, %v: %v; asked %d times", name, tree, err, asked)
			}
		}
	}
}
