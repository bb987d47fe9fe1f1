package upgrade

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor"
)

var (
	four = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	six  = handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:443"), V6Only: true}
)

func TestStateTravels(t *testing.T) {
	for _, e := range []state{
		{},
		{Terminal: &tty.Modes{Lflag: 35387}, Built: time.UnixMilli(1e12)},
		{Last: 7, Serves: []handoff.Endpoint{four, six}, Gates: []reuseport.GateTransfer{
			{Endpoint: six, FD: 9}, {Endpoint: four, Steered: true, FD: 10}, {Endpoint: four, Declared: true, Activated: true, FD: 11},
		}},
		{Gates: []reuseport.GateTransfer{{Endpoint: four, Activated: true, FD: 9}}, Activation: systemd.Activation{
			{Passed: listenfds.Passed{Name: "run", FD: 12}, What: "unix /run/app"}, {Passed: listenfds.Passed{Name: "web", Endpoint: four, FD: -1}},
		}},
	} {
		packets, fds := e.packets(), e.descriptors()
		got, n, err := readState(packets[0])
		if err != nil || n != len(e.Gates) || len(fds) != len(packets)-1 {
			t.Fatal(n, fds, err)
		}
		for i := range got.Activation {
			if !got.Activation[i].Alone() {
				got.Activation[i].FD = fds[len(fds)-1] // there is one
			}
		}
		for i, p := range packets[1 : 1+n] {
			g, err := readGate(p, e.Gates[i].FD)
			if err != nil {
				t.Fatal(err)
			}
			got.Gates = append(got.Gates, g)
		}
		if !reflect.DeepEqual(got, e) {
			t.Errorf("%+v became %+v", e, got)
		}
	}
}

func TestStateThatMakesNoSense(t *testing.T) {
	for _, text := range []string{
		``, `{}`, `[]`, `{"protocol":1,"gates":-1}`, `{"protocol":1,"last":-3}`,
		`{"protocol":1,"serves":[{"network":"tcp4","addr":"[::]:1"}]}`,
		`{"protocol":1,"serves":[{"network":"tcp4","addr":"1.2.3.4:0"}]}`,
		`{"protocol":1,"serves":[{"network":"udp","addr":"[::]:1"}]}`,
	} {
		if _, _, err := readState([]byte(text)); err == nil {
			t.Errorf("%s was understood", text)
		}
	}
	for _, text := range []string{``, `{}`, `{"network":"tcp6","addr":"1.2.3.4:5"}`, `{"network":"tcp4","addr":"1.2.3.4:5","v6only":true}`} {
		if _, err := readGate([]byte(text), 3); err == nil {
			t.Errorf("%s was understood", text)
		}
	}
	if _, _, err := readState([]byte(`{"protocol":2,"gates":"of another kind"}`)); !errors.Is(err, errProtocol) {
		t.Errorf("another protocol: %v", err)
	}
}

// FuzzEstate: what is understood travels on unchanged.
func FuzzEstate(f *testing.F) {
	for _, p := range (state{Last: 3, Serves: []handoff.Endpoint{four}, Gates: []reuseport.GateTransfer{{Endpoint: six, Declared: true}}}).packets() {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, _, err := readState(b); err == nil {
			again, _, err := readState(e.packets()[0])
			if err != nil || !reflect.DeepEqual(again, e) {
				t.Errorf("%+v became %+v (%v)", e, again, err)
			}
		}
		if g, err := readGate(b, 5); err == nil {
			again, err := readGate(state{Gates: []reuseport.GateTransfer{g}}.packets()[1], 5)
			if err != nil || again != g {
				t.Errorf("%+v became %+v (%v)", g, again, err)
			}
		}
	})
}

// A child has to hear of what changed since the newest build began; if that
// was long ago, the parent has heard of what changed while it ran.
func TestStateSaysSinceWhenNothingIsBuilt(t *testing.T) {
	r := &Upgrade{}
	r.note(supervisor.NoticeBuilding{})
	began := time.Now()
	if e := r.leaves(8, began); !e.Built.IsZero() {
		t.Errorf("nothing was built: %v", e.Built)
	}
	r.note(supervisor.NoticeBuilt{Ended: true})
	if e := r.leaves(8, began); !e.Built.IsZero() {
		t.Errorf("nothing was built to its end: %v", e.Built)
	}
	r.note(supervisor.NoticeBuilt{})
	if e := r.leaves(8, began); e.Built.IsZero() || e.Built.After(began) {
		t.Errorf("%v, began %v", e.Built, began)
	}
	if e := r.leaves(8, began.Add(time.Hour)); e.Built.Before(began) {
		t.Errorf("%v, began %v", e.Built, began)
	}
	r.note(supervisor.NoticeBuilding{}) // and nothing comes of it
	r.note(supervisor.NoticeBuildFailed{})
	if e := r.leaves(8, began); e.Built.After(began) {
		t.Errorf("%v, began %v", e.Built, began)
	}
}
