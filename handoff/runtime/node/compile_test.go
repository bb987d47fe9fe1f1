package node

import (
	"slices"
	"testing"
)

func TestCompiledIsKept(t *testing.T) {
	for _, own := range []string{"NODE_COMPILE_CACHE=", "NODE_DISABLE_COMPILE_CACHE=1", "NODE_V8_COVERAGE=/c"} {
		if got := withCompiled([]string{own}, "/d"); !slices.Equal(got, []string{own}) {
			t.Errorf("%q", got)
		}
	}
	if got := withCompiled([]string{"A=1"}, "/d"); !slices.Equal(got, []string{"A=1", "NODE_COMPILE_CACHE=/d"}) {
		t.Errorf("%q", got)
	}
}
