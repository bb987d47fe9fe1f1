package machine

import (
	"errors"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// TestStep: one event in one situation, and all its effects.
func TestStep(t *testing.T) {
	swap := Request{Cause: report.CauseCommand, Token: 1}
	for _, c := range []struct {
		name   string
		policy Policy
		given  []Event
		event  Event
		want   string
	}{
		{"begin twice", dev, []Event{begin}, begin, ""},
		{"stop before anything", dev, nil, Command{Do: Stop, Token: 1}, `
			! stopping, 0 alive, now false
			reply 1: stopped 0
			done 0`},
		{"a batch before begin starts", dev, nil, save("a"), `
			start 1 change a`},
		{"start failed beside one that serves", dev,
			[]Event{begin, Started{Gen: 1, PID: 1}, Listening{Gen: 1, Endpoint: portA}, swap},
			failedStart(2, errors.New("no")), `
			! 2 failed: not started; keeps 0s 1
			reply 1: failed 2
			forget 2`},
		{"an unwatched server ends with code 0", Policy{},
			[]Event{begin, Started{Gen: 1, PID: 1}, Listening{Gen: 1, Endpoint: portA}},
			Exited{Gen: 1}, `
			! 1 finished; done`},
		{"a program that never listened ends with code 0", dev,
			[]Event{begin, Started{Gen: 1, PID: 1}, Ready{Gen: 1, By: "notify"}},
			Exited{Gen: 1, Left: 2}, `
			kill 1
			! 1 finished; wait
			arm 1 kill 1s`},
		{"a second gate on an endpoint that is served", dev,
			[]Event{begin, Started{Gen: 1, PID: 1}, Listening{Gen: 1, Endpoint: portA}},
			Listening{Gen: 1, Endpoint: portA}, `
			cutover 1`},
		{"killed before it ran", dev, []Event{begin, Command{Do: StopNow}}, Started{Gen: 1, PID: 1}, `
			kill 1`},
		{"told to stop before it ran", dev, []Event{begin, save("a"), Drained{Gen: 1}}, Started{Gen: 1, PID: 1}, `
			signal 1`},
		{"a batch after stop", dev, []Event{begin, Command{Do: Stop}}, save("a"), ""},
		{"an event about one long gone", dev, []Event{begin, failedStart(1, nil)}, Drained{Gen: 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want != "" {
				c.want = "0.000 " + sayEvent(c.event) + c.want
			}
			newStory(t, c.policy).on(c.given...).quiet().on(c.event).want(c.want)
		})
	}
}
