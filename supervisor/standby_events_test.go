package supervisor

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// However often a standby says how it is, one of a kind is kept, the newest. What
// happens is kept in order.
func TestKeptIsTheNewest(t *testing.T) {
	var k standbyEvents
	taken := handoff.AddressInUse{Gen: 2, Endpoint: portA}
	gaveUp := handoff.EndpointsClosed{Gen: 2, Endpoints: []handoff.Endpoint{portA}}
	add := func(events ...handoff.Event) {
		t.Helper()
		for _, ev := range events {
			if err := k.add(ev); err != nil {
				t.Fatal(ev, err)
			}
		}
	}
	add(taken, gaveUp)
	for i := range 10 * maxStandbyEvents {
		text := fmt.Sprint(i)
		add(handoff.Status{Gen: 2, Text: text}, handoff.Unready{Gen: 2, Why: text}, handoff.ExtendTimeout{Gen: 2, By: time.Duration(i)},
			handoff.Ready{Gen: 2, By: "notify"}, handoff.Ready{Gen: 2, By: "http"})
	}
	add(taken)
	last := 10*maxStandbyEvents - 1
	if want := (standbyEvents{
		taken, gaveUp, handoff.Status{Gen: 2, Text: fmt.Sprint(last)}, handoff.Unready{Gen: 2, Why: fmt.Sprint(last)},
		handoff.ExtendTimeout{Gen: 2, By: time.Duration(last)}, handoff.Ready{Gen: 2, By: "notify"}, handoff.Ready{Gen: 2, By: "http"}, taken,
	}); !reflect.DeepEqual(k, want) {
		t.Errorf("%v, want %v", k, want)
	}
}

// What is not said anew has a bound.
func TestKeptIsBounded(t *testing.T) {
	var k standbyEvents
	for range maxStandbyEvents {
		if err := k.add(handoff.AddressInUse{Gen: 2}); err != nil {
			t.Fatal(len(k), err)
		}
	}
	if err := k.add(handoff.AddressInUse{Gen: 2}); !errors.Is(err, errTooMany) || len(k) != maxStandbyEvents {
		t.Errorf("%d are kept: %v", len(k), err)
	}
}
