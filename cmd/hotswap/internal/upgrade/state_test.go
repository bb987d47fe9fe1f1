package upgrade

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/tty"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var (
	four = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	six  = handoff.Endpoint{Network: "tcp6", Addr: netip.MustParseAddrPort("[::]:443"), V6Only: true}
)

func TestStateTravels(t *testing.T) {
	for _, e := range []State{
		{},
		{Terminal: &tty.Modes{Lflag: 35387}, Built: time.UnixMilli(1e12), Paused: time.UnixMilli(2e12), Kept: time.UnixMilli(3e12)},
		{Gone: []string{"/a/b.ts"}, Owed: []report.Step{{Command: "make", Dir: "/a", Alone: true}, {Command: "true"}}},
		{Last: 7, Serves: []handoff.Endpoint{four, six}, Gates: []reuseport.GateTransfer{
			{Endpoint: six, FD: 9}, {Endpoint: four, Steered: true, FD: 10}, {Endpoint: four, Declared: true, Activated: true, Unserved: true, FD: 11},
		}},
		{Gates: []reuseport.GateTransfer{{Endpoint: four, Activated: true, FD: 9}}, Activation: systemd.Activation{
			{Passed: listenfds.Passed{Name: "run", FD: 12}, What: "unix /run/app"}, {Passed: listenfds.Passed{Name: "web", Endpoint: four, FD: -1}},
		}},
	} {
		packets, fds := e.packets(), e.descriptors()
		got, n, left, err := readState(packets[0])
		if left {
			err = errors.Join(err, got.readLeftover(packets[len(packets)-1]))
			packets = packets[:len(packets)-1]
		}
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

// A leftover fits into a packet however much is left.
func TestLeftoverIsBounded(t *testing.T) {
	e := State{Owed: []report.Step{{Command: strings.Repeat("x", maxPacket)}, {Command: "make"}}}
	for range maxPacket {
		e.Gone = append(e.Gone, "/a/\x00\x01\x02\x03.ts") // each byte becomes six
	}
	packets := e.packets()
	if n := len(packets[1]); n > maxPacket || n < maxPacket/32 {
		t.Errorf("%d bytes", n)
	}
}

func TestStateThatMakesNoSense(t *testing.T) {
	for _, text := range []string{
		``, `{}`, `[]`, `{"protocol":1,"gates":-1}`, `{"protocol":1,"last":-3}`,
		`{"protocol":1,"serves":[{"network":"tcp4","addr":"[::]:1"}]}`,
		`{"protocol":1,"serves":[{"network":"tcp4","addr":"1.2.3.4:0"}]}`,
		`{"protocol":1,"serves":[{"network":"udp","addr":"[::]:1"}]}`,
	} {
		if _, _, _, err := readState([]byte(text)); err == nil {
			t.Errorf("%s was understood", text)
		}
	}
	for _, text := range []string{``, `{}`, `{"network":"tcp6","addr":"1.2.3.4:5"}`, `{"network":"tcp4","addr":"1.2.3.4:5","v6only":true}`} {
		if _, err := readGate([]byte(text), 3); err == nil {
			t.Errorf("%s was understood", text)
		}
	}
	if _, _, _, err := readState([]byte(`{"protocol":2,"gates":"of another kind"}`)); !errors.Is(err, errProtocol) {
		t.Errorf("another protocol: %v", err)
	}
}

// FuzzState: what is understood travels on unchanged.
func FuzzState(f *testing.F) {
	for _, p := range (State{Last: 3, Serves: []handoff.Endpoint{four}, Gates: []reuseport.GateTransfer{{Endpoint: six, Declared: true}}}).packets() {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, _, _, err := readState(b); err == nil {
			again, _, _, err := readState(e.packets()[0])
			if err != nil || !reflect.DeepEqual(again, e) {
				t.Errorf("%+v became %+v (%v)", e, again, err)
			}
		}
		if g, err := readGate(b, 5); err == nil {
			again, err := readGate(State{Gates: []reuseport.GateTransfer{g}}.packets()[1], 5)
			if err != nil || again != g {
				t.Errorf("%+v became %+v (%v)", g, again, err)
			}
		}
	})
}

// A child looks for changes since the newest build began, since this process may not have
// seen them; if that build is long over, since its end.
func TestStateSaysSinceWhenNothingIsBuilt(t *testing.T) {
	now := time.Now()
	began, ended := now.Add(-2*time.Second), now.Add(-time.Second)
	running := report.BuildLife{Began: began}
	failed := report.BuildLife{Began: began, Ended: ended}
	built := report.BuildLife{Began: began, Ended: ended, Succeeded: true}
	for _, c := range []struct {
		what   string
		builds []report.BuildLife
		now    time.Time
		want   time.Time
	}{
		{"nothing was built", nil, now, time.Time{}},
		{"a build runs", []report.BuildLife{running}, now, time.Time{}},
		{"a build failed", []report.BuildLife{failed}, now, time.Time{}},
		{"a build succeeded", []report.BuildLife{built}, now, began},
		{"long ago", []report.BuildLife{built}, now.Add(time.Hour), ended},
		{"the next one failed", []report.BuildLife{built, {Began: now, Ended: now}}, now, began},
	} {
		if got := builtSince(c.builds, c.now); !got.Equal(c.want) {
			t.Errorf("%s: %v, not %v", c.what, got, c.want)
		}
	}
}
