package systemd

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A child has the activation of its parent. Descriptors that are gates come with the gates.
func TestActivationIsInherited(t *testing.T) {
	web := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	parent := Activation{{Name: "run", FD: 12}, {Name: "web", Endpoint: web, FD: -1}, {Name: "log", FD: 14}}
	state, fds, err := parent.Freeze()
	if err != nil || !reflect.DeepEqual(fds, []int{12, 14}) {
		t.Fatal(fds, err)
	}
	var child Activation
	child.Inherit(testkit.Left(t, state, []int{7, 8}))
	if want := (Activation{{Name: "run", FD: 7}, {Name: "web", Endpoint: web, FD: -1}, {Name: "log", FD: 8}}); !reflect.DeepEqual(child, want) {
		t.Errorf("%+v", child)
	}
	alone := Activation{{Name: "run", FD: 3}}
	alone.Inherit(func(any) []int { return nil })
	if alone[0].FD != 3 {
		t.Errorf("without a parent: %+v", alone)
	}
}
