package listenfds

import (
	"slices"
	"testing"
)

func TestWithout(t *testing.T) {
	env := []string{
		"A=1", "LISTEN_FDS=2", "LISTEN_PID=77", "LISTEN_FDNAMES=a:b", "B=LISTEN_FDS", "LISTEN_FDS_FIRST_FD=9",
		"LISTEN_FDSX=1", "LISTEN_FDS", "LISTEN_PIDFDID=5", "=C:=C:\\",
	}
	before := slices.Clone(env)
	want := []string{"A=1", "B=LISTEN_FDS", "LISTEN_FDSX=1", "=C:=C:\\"}
	if got := Without(env); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if !slices.Equal(env, before) {
		t.Errorf("it changed its argument: %q", env)
	}
	if got := Without(nil); len(got) != 0 {
		t.Errorf("of nothing: %q", got)
	}
}
