package systemd

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A child has the activation of its parent. Descriptors that are gates come with the gates.
func TestActivationIsInherited(t *testing.T) {
	web := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	parent := Activation{{Name: "run", FD: 12}, {Name: "web", Endpoint: web, FD: -1}, {Name: "log", FD: 14}}
	state, fds, err := parent.Freeze()
	if err != nil || !reflect.DeepEqual(fds, []int{12, 14}) {
		t.Fatal(fds, err)
	}
	text, _ := json.Marshal(state)
	var child Activation
	err = child.Inherit(func(part string, into any) ([]int, error) {
		if part != parent.Name() {
			t.Errorf("it asks for %q", part)
		}
		return []int{7, 8}, json.Unmarshal(text, into)
	})
	if want := (Activation{{Name: "run", FD: 7}, {Name: "web", Endpoint: web, FD: -1}, {Name: "log", FD: 8}}); err != nil || !reflect.DeepEqual(child, want) {
		t.Errorf("%+v, %v", child, err)
	}
	alone := Activation{{Name: "run", FD: 3}}
	if err := alone.Inherit(func(string, any) ([]int, error) { return nil, nil }); err != nil || alone[0].FD != 3 {
		t.Errorf("without a parent: %+v, %v", alone, err)
	}
}
