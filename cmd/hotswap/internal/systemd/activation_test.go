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
	"github.com/hotswap-dev/hotswap/internal/testkit"
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
	want := []listenfds.Passed{{Name: "run", FD: 3}, {Name: "web", Endpoint: tcp4Web, FD: 4}, {Endpoint: tcp6Web},
		{Endpoint: low}}
	if got := a.Passed([]handoff.Endpoint{tcp6Web, tcp4Web, low}); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := a.Shared(); !slices.Equal(got, []string{"descriptor 3 run"}) {
		t.Errorf("%q", got)
	}
}

// An address that was opened and is not served is named, and one of the same port that is served instead. A path has no
// port, and UDP is another network: neither is served by mistake at another address.
func TestUnserved(t *testing.T) {
	web := Activation{{Name: "run", FD: 3}, {Name: "web", Endpoint: tcp4Web, FD: 4}}
	v6only := handoff.Endpoint{Network: "tcp4", Addr: tcp4Web.Addr, V6Only: true}
	a, b := handoff.Endpoint{Network: "unix", Path: "/run/a.sock"},
		handoff.Endpoint{Network: "unix", Path: "/run/b.sock"}
	for _, c := range []struct {
		passed         Activation
		listen, served []handoff.Endpoint
		want           []string
	}{
		{web, []handoff.Endpoint{tcp6Web}, []handoff.Endpoint{tcp6Web, tcp4Web}, nil},
		{web, []handoff.Endpoint{tcp6Web}, []handoff.Endpoint{v6only},
			[]string{"give both the same address", "does not serve tcp6 [::]:443 v6only, which was opened for it"}},
		{nil, []handoff.Endpoint{a}, []handoff.Endpoint{b}, []string{"does not serve " + a.String()}},
		{nil, []handoff.Endpoint{tcp4Web}, []handoff.Endpoint{{Network: "udp4", Addr: tcp4Web.Addr}},
			[]string{"does not serve " + tcp4Web.String()}},
	} {
		var said []string
		c.passed.unserved(c.listen, c.served, func(_ handoff.Endpoint, why string) { said = append(said, why) })
		if !slices.EqualFunc(said, c.want, strings.Contains) {
			t.Errorf("%v opened, %v served: %q", c.listen, c.served, said)
		}
	}
}

var (
	tcp4Web = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	tcp6Web = handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:443"), V6Only: true}
)

// A child has the activation of its parent. Descriptors that are gates come with the gates.
func TestActivationIsInherited(t *testing.T) {
	parent := Activation{{Name: "run", FD: 12}, {Name: "web", Endpoint: tcp4Web, FD: -1}, {Name: "log", FD: 14}}
	state, fds, err := parent.Freeze()
	if err != nil || !slices.Equal(fds, []int{12, 14}) {
		t.Fatal(fds, err)
	}
	var child Activation
	child.Inherit(testkit.Left(t, state, []int{7, 8}))
	want := (Activation{{Name: "run", FD: 7}, {Name: "web", Endpoint: tcp4Web, FD: -1}, {Name: "log", FD: 8}})
	if !slices.Equal(child, want) {
		t.Errorf("%+v", child)
	}
	alone := Activation{{Name: "run", FD: 3}}
	alone.Inherit(func(any) []int { return nil })
	if alone[0].FD != 3 {
		t.Errorf("without a parent: %+v", alone)
	}
}
