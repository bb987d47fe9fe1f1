package proc

import (
	"io"
	"maps"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A wrapper that passes signals on does not make its server hear one twice,
// however long that takes to end, and leaves with it.
func TestServerHearsTheEndOnceBelowAWrapper(t *testing.T) {
	for _, how := range []string{"soon", "slowly"} {
		c := start(t, nil, "pass-on", "serve", how)
		c.ready("serve")
		c.send(unix.SIGTERM)
		rest, err := io.ReadAll(c.out)
		if err != nil || string(rest) != "caught 15\n" {
			t.Errorf("%s: %q %v", how, rest, err)
		}
		if e := c.exit(); e != (Exit{}) {
			t.Errorf("%s: the wrapper: %+v", how, e)
		}
	}
}

// A server that does not leave may be one that its wrapper knows how to end.
func TestWrapperHearsTheEndOfAServerThatStays(t *testing.T) {
	c := start(t, nil, "pass-on", "serve", "never")
	c.ready("serve")
	c.send(unix.SIGTERM)
	for _, want := range []string{"caught 15", "passed 15", "caught 15"} {
		if got := c.line(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAround(t *testing.T) {
	// 1 npm – 2 sh – 3 master – 4, 5 workers; 2 – 6 a watcher.
	parents := map[int]int{2: 1, 3: 2, 4: 3, 5: 3, 6: 2}
	up := func(pid int) (out []int) {
		for p := parents[pid]; p != 0; p = parents[p] {
			out = append(out, p)
		}
		return out
	}
	above, below := around(map[int]bool{3: true, 4: true, 5: true}, []int{1, 2, 3, 4, 5, 6}, up)
	if a, b := slices.Sorted(maps.Keys(above)), slices.Sorted(maps.Keys(below)); !slices.Equal(a, []int{1, 2}) || !slices.Equal(b, []int{4, 5}) {
		t.Errorf("above %v, below %v", a, b)
	}
}
