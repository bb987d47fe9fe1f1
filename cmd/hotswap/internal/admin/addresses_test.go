package admin

import (
	"encoding/json"
	"net/netip"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A child has the socket of each address that it is given too, and closes the others. A token stays where pages need one.
func TestAddressesAreInherited(t *testing.T) {
	var parent, child Addresses
	at := func(ip string) handoff.Endpoint {
		return handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort(ip + ":0")}
	}
	for _, ip := range []string{"127.0.0.1", "127.0.0.2"} {
		if _, err := parent.Open(at(ip)); err != nil {
			t.Fatal(err)
		}
	}
	token := parent.Protect()
	state, fds, err := parent.Freeze()
	if err != nil || len(fds) != 2 {
		t.Fatal(fds, err)
	}
	text, _ := json.Marshal(state)
	err = child.Inherit(func(_ string, into any) (got []int, _ error) {
		for _, fd := range fds {
			dup, err := syscall.Dup(fd)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, dup)
		}
		fds = got
		return got, json.Unmarshal(text, into)
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := child.Open(at("127.0.0.1"))
	if err != nil || s.URL() != parent.servers[0].URL() {
		t.Errorf("%v, %v", s, err)
	}
	child.CloseOthers()
	if syscall.SetNonblock(fds[1], true) != syscall.EBADF {
		t.Error("the other socket stays open")
	}
	if child.Token != "" || child.Protect() != token {
		t.Error("the token is another")
	}
	parent.Release()
	if !parent.Released() || child.Released() {
		t.Error("who serves?")
	}
	parent.Close()
	child.Close()
}
