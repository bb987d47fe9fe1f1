package systemd

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
)

func TestReadActivation(t *testing.T) {
	for _, c := range []struct {
		pid, fds, names string
		n               int
		want            string
		bad             bool
	}{
		{"", "", "", 0, "[]", false},
		{"42", "1", "web", 1, "[web]", false},
		{"42", "3", "web:run", 3, "[web run ]", false},
		{"42", "1", "web:run", 1, "[web]", false},
		{"42", "2", "", 2, "[ ]", false},
		{"42", "0", "", 0, "[]", false},
		{"43", "1", "web", 0, "[]", false}, // another process's
		{"x", "1", "web", 0, "[]", false},
		{"42", "-1", "", 0, "[]", true},
		{"42", "", "", 0, "[]", true},
		{"42", "1000", "", 0, "[]", true},
	} {
		env := map[string]string{"LISTEN_PID": c.pid, "LISTEN_FDS": c.fds, "LISTEN_FDNAMES": c.names}
		n, names, err := readActivation(func(name string) string { return env[name] }, 42)
		if n != c.n || fmt.Sprint(names) != c.want || (err != nil) != c.bad || c.bad && !errors.Is(err, errActivation) {
			t.Errorf("%v: %d %q %v", env, n, names, err)
		}
	}
}

// What was passed keeps its number; the addresses of --listen follow, in their order.
func TestPassedSockets(t *testing.T) {
	a := Activation{{Name: "run", FD: 3}, {Name: "web", Endpoint: tcp4Web, FD: 4}}
	low := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:1")}
	want := []listenfds.Passed{{Name: "run", FD: 3}, {Name: "web", Endpoint: tcp4Web, FD: 4}, {Endpoint: tcp6Web}, {Endpoint: low}}
	if got := a.Passed([]handoff.Endpoint{tcp6Web, tcp4Web, low}); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := a.Shared(); !slices.Equal(got, []string{"descriptor 3 run"}) {
		t.Errorf("%q", got)
	}
}

func TestUnserved(t *testing.T) {
	said, a := map[handoff.Endpoint]string{}, Activation{{Name: "run", FD: 3}, {Name: "web", Endpoint: tcp4Web, FD: 4}}
	warn := func(at handoff.Endpoint, why string) { said[at] = why }
	a.unserved([]handoff.Endpoint{tcp6Web}, []handoff.Endpoint{tcp6Web, tcp4Web}, warn)
	if len(said) > 0 {
		t.Errorf("%q", said)
	}
	a.unserved([]handoff.Endpoint{tcp6Web}, []handoff.Endpoint{{Network: "tcp4", Addr: tcp4Web.Addr, V6Only: true}}, warn)
	if !strings.Contains(said[tcp4Web], "give both the same address") || !strings.Contains(said[tcp6Web], "does not serve tcp6 [::]:443 v6only, which was opened for it") {
		t.Errorf("%q", said)
	}
}

// A path has no port, and UDP is another network: neither is served by mistake at another address.
func TestUnservedPathAndUDP(t *testing.T) {
	a := handoff.Endpoint{Network: "unix", Path: "/run/a.sock"}
	b, udp := handoff.Endpoint{Network: "unix", Path: "/run/b.sock"}, handoff.Endpoint{Network: "udp4", Addr: tcp4Web.Addr}
	for opened, served := range map[handoff.Endpoint]handoff.Endpoint{a: b, tcp4Web: udp} {
		why := ""
		Activation{}.unserved([]handoff.Endpoint{opened}, []handoff.Endpoint{served}, func(_ handoff.Endpoint, said string) { why = said })
		if !strings.HasPrefix(why, "does not serve "+opened.String()) {
			t.Errorf("%s opened, %s served: %q", opened, served, why)
		}
	}
}

var (
	tcp4Web = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	tcp6Web = handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:443"), V6Only: true}
)
