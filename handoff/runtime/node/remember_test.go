package node

import "testing"

// Node's cache is left to the user who has set one.
func TestCaches(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, own := range []string{"NODE_COMPILE_CACHE=", "NODE_DISABLE_COMPILE_CACHE=1", "NODE_V8_COVERAGE=/c"} {
		if got := withCaches([]string{own}); len(got) != 2 || got[0] != own {
			t.Errorf("%q", got)
		}
	}
	if got := withCaches([]string{"A=1"}); len(got) != 3 {
		t.Errorf("%q", got)
	}
}
