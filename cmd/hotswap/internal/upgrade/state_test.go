package upgrade

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

var (
	four = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	six  = handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:443"), V6Only: true}
)

func TestStateTravels(t *testing.T) {
	for _, want := range []State{
		{Protocol: protocol},
		{Protocol: protocol, Terminal: &tty.Modes{Lflag: 35387}, Run: "run", Control: "/c"},
		{Protocol: protocol, Last: 7, Places: 5, Serves: []handoff.Endpoint{four, six}, Gates: []reuseport.GateTransfer{
			{Endpoint: six, FD: 9}, {Endpoint: four, Steered: true, FD: 10}, {Endpoint: four, Declared: true, Activated: true, Unserved: true, FD: 11},
		}},
		{Protocol: protocol, Gates: []reuseport.GateTransfer{{Endpoint: four, Activated: true, FD: 9}}, Activation: systemd.Activation{
			{Name: "run", FD: 12}, {Name: "web", Endpoint: four, FD: -1},
		}},
		{Protocol: protocol, Places: 5, Listeners: []Listener{{Asked: "tcp4 127.0.0.1:9090", FD: 6}, {Asked: "tcp6 [::]:9091", FD: 7}}, Token: "T", Swaps: 3, FailedSwaps: 1},
	} {
		got, err := read[State](packet(want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v (%v)", want, got, err)
		}
		alone := 0
		for _, a := range want.Activation {
			if a.PerGeneration() {
				alone++
			}
		}
		if n := len(got.descriptors()); n != len(want.Gates)+len(want.Activation)-alone+1+len(want.Listeners) {
			t.Errorf("%+v has %d descriptors", want, n)
		}
	}
}

func TestAnotherProtocol(t *testing.T) {
	if _, err := read[State]([]byte(`{"protocol":2,"gates":"of another kind"}`)); !errors.Is(err, errProtocol) {
		t.Error(err)
	}
	for _, text := range []string{``, `{}`, `[]`, `{"protocol":5,"gates":"no list"}`} {
		if _, err := read[State]([]byte(text)); err == nil {
			t.Errorf("%s was understood", text)
		}
	}
}
