package node

import (
	"slices"
	"testing"
)

// Node's cache is left to the user who has set one.
func TestCaches(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, own := range []string{"NODE_COMPILE_CACHE=", "NODE_DISABLE_COMPILE_CACHE=1", "NODE_V8_COVERAGE=/c"} {
		if got := new(Transport).withCaches([]string{own}); !slices.Equal(got, []string{own}) {
			t.Errorf("%q", got)
		}
	}
	if got := (&Transport{remembers: true}).withCaches([]string{"A=1"}); len(got) != 3 {
		t.Errorf("%q", got)
	}
}
