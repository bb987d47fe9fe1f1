package web

import (
	"net/netip"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// anyPort returns a free port of that address, as an option asks for one.
func anyPort(ip string) handoff.Endpoint {
	return handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort(ip + ":0")}
}

// fresh returns addresses without a parent.
func fresh(t *testing.T) *Addresses {
	t.Helper()
	a := new(Addresses)
	testkit.NoError(t, a.Inherit(testkit.Left(t, frozen{}, nil)))
	return a
}

// A child has the parent's socket of an address that is given to the child too, and its own elsewhere.
func TestAddressesAreInherited(t *testing.T) {
	parent, child := fresh(t), new(Addresses)
	one := testkit.Must(parent.Open(anyPort("127.0.0.1")))(t)
	if again := testkit.Must(parent.Open(anyPort("127.0.0.1")))(t); again != one {
		t.Error("another server at the same address")
	}
	testkit.Must(parent.Open(anyPort("127.0.0.3")))(t)
	state, fds, _ := parent.Freeze()
	for i, fd := range fds {
		fds[i] = testkit.Must(syscall.Dup(fd))(t)
	}
	testkit.NoError(t, child.Inherit(testkit.Left(t, state, fds)))
	if child.Token != parent.Token {
		t.Errorf("the token is %q", child.Token)
	}
	unused := child.inherited[anyPort("127.0.0.3").String()]
	if s := testkit.Must(child.Open(anyPort("127.0.0.1")))(t); s.URL() != one.URL() {
		t.Errorf("%s, want %s", s.URL(), one.URL())
	}
	if s := testkit.Must(child.Open(anyPort("127.0.0.2")))(t); s.URL() == one.URL() {
		t.Error("the socket of another address")
	}
	child.Serve()
	if unused.Close() == nil {
		t.Error("the socket of an address that the child has not stays open")
	}
	parent.Release()
	if !parent.Released() || child.Released() {
		t.Error("who serves?")
	}
	parent.Close()
	child.Close()
}
