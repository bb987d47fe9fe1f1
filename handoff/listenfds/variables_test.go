package listenfds

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

func at(network, addr string) handoff.Endpoint {
	return handoff.Endpoint{Network: network, Addr: netip.MustParseAddrPort(addr)}
}

func TestVariables(t *testing.T) {
	four, six := at("tcp4", "127.0.0.1:4000"), at("tcp6", "[::]:5000")
	for name, c := range map[string]struct {
		passed []Passed
		want   []string
	}{
		"none": {nil, nil},
		"one, named": {
			[]Passed{{Name: "web", Endpoint: four}},
			[]string{"LISTEN_FDS=1", "LISTEN_FDNAMES=web", "LISTEN_FDS_FIRST_FD=200"},
		},
		"two, one of them named": {
			[]Passed{{Endpoint: four}, {Name: "admin", Endpoint: six}},
			[]string{"LISTEN_FDS=2", "LISTEN_FDNAMES=unknown:admin", "LISTEN_FDS_FIRST_FD=200"},
		},
		"with one that is passed on as it is": {
			[]Passed{{Name: "run", FD: 7}, {Name: "web", Endpoint: four}},
			[]string{"LISTEN_FDS=2", "LISTEN_FDNAMES=run:web", "LISTEN_FDS_FIRST_FD=200"},
		},
	} {
		if got := Variables(c.passed); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

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
