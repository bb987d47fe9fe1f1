package admin

import (
	"net/netip"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A child has the parent's socket of an address that is given to the child too, and its own elsewhere.
func TestAddressesAreInherited(t *testing.T) {
	at := func(ip string) handoff.Endpoint {
		return handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort(ip + ":0")}
	}
	none := func(string) func(any) []int { return func(any) []int { return nil } }
	var parent, child Addresses
	parent.Inherit(none)
	parent.Token = "secret"
	one := testkit.Must(parent.Open(at("127.0.0.1")))(t)
	if again := testkit.Must(parent.Open(at("127.0.0.1")))(t); again != one {
		t.Error("another server at the same address")
	}
	child.Inherit(func(address string) func(any) []int {
		if address == "token" {
			token, _, _ := parent.Freeze()
			return testkit.Left(t, token, nil)
		}
		var fds []int
		parent.Each(func(of string, freeze func() (any, []int, error)) {
			if of != address {
				return
			}
			_, fds, _ = freeze()
			fds[0] = testkit.Must(syscall.Dup(fds[0]))(t)
		})
		return testkit.Left(t, nil, fds)
	})
	if child.Token != "secret" {
		t.Errorf("the token is %q", child.Token)
	}
	if s := testkit.Must(child.Open(at("127.0.0.1")))(t); s.URL() != one.URL() {
		t.Errorf("%s, want %s", s.URL(), one.URL())
	}
	if s := testkit.Must(child.Open(at("127.0.0.2")))(t); s.URL() == one.URL() {
		t.Error("the socket of another address")
	}
	parent.Release()
	if !parent.Released() || child.Released() {
		t.Error("who serves?")
	}
	parent.Close()
	child.Close()
}
