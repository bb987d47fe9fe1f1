package notify

import (
	"fmt"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	var p pace
	if _, ok := p.take(at(0)); ok || !p.due().IsZero() {
		t.Error("there is something to report")
	}
	for _, c := range []struct {
		ms   int
		m    Message
		want string // the report after it, if there is one
	}{
		{0, Message{}, ""},
		{0, Message{Status: "1"}, "{false false 1 0s}"}, // the first comes at once
		{10, Message{Status: "2", Extend: 1}, ""},
		{20, Message{Status: "3"}, ""},
		{30, Message{Extend: 2}, ""},
		{100, Message{}, "{false false 3 2ns}"},
		{110, Message{Status: "4"}, ""},
		{120, Message{Ready: true}, "{true false 4 0s}"}, // it is waited for
		{130, Message{Ready: true}, ""},                  // not the second time
		{140, Message{Stopping: true}, "{true true  0s}"},
		{150, Message{Stopping: true}, ""},
		{239, Message{}, ""},
		{240, Message{}, "{false true  0s}"},
		{900, Message{}, ""},
	} {
		p.add(c.m)
		got := ""
		if m, ok := p.take(at(c.ms)); ok {
			got = fmt.Sprint(m)
		}
		if got != c.want {
			t.Errorf("after %d ms: %q, want %q", c.ms, got, c.want)
		}
	}
}
