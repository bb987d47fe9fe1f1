package run

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// However often a standby says how it is, one of a kind is kept, the newest. What
// happens is kept in order.
func TestBufferHasTheNewest(t *testing.T) {
	var k Buffer
	at := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	taken := handoff.AddressInUse{Gen: 2, Endpoint: at}
	lost := handoff.TrackingLost{Gen: 2}
	add := func(events ...handoff.Event) {
		t.Helper()
		for _, ev := range events {
			if err := k.Add(ev); err != nil {
				t.Fatal(ev, err)
			}
		}
	}
	add(taken, lost)
	for i := range 10 * maxBuffered {
		text := fmt.Sprint(i)
		add(handoff.Unready{Gen: 2, Why: text}, handoff.ExtendTimeout{Gen: 2, By: time.Duration(i)},
			handoff.Ready{Gen: 2, By: "notify"}, handoff.Ready{Gen: 2, By: "http"})
	}
	add(taken)
	last := 10*maxBuffered - 1
	if want := (Buffer{
		taken, lost, handoff.Unready{Gen: 2, Why: fmt.Sprint(last)},
		handoff.ExtendTimeout{Gen: 2, By: time.Duration(last)}, handoff.Ready{Gen: 2, By: "notify"}, handoff.Ready{Gen: 2, By: "http"}, taken,
	}); !reflect.DeepEqual(k, want) {
		t.Errorf("%v, want %v", k, want)
	}
}

// What is not said anew has a bound.
func TestBufferIsBounded(t *testing.T) {
	var k Buffer
	for range maxBuffered {
		if err := k.Add(handoff.AddressInUse{Gen: 2}); err != nil {
			t.Fatal(len(k), err)
		}
	}
	if err := k.Add(handoff.AddressInUse{Gen: 2}); !errors.Is(err, ErrTooMany) || len(k) != maxBuffered {
		t.Errorf("%d are kept: %v", len(k), err)
	}
}
