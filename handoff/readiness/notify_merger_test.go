package readiness

import (
	"fmt"
	"testing"
	"time"
)

func TestMerger(t *testing.T) {
	at := func(ms int) time.Time { return time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond) }
	var p merger
	if _, ok := p.take(at(0)); ok || !p.due().IsZero() {
		t.Error("there is something to report")
	}
	for _, c := range []struct {
		ms   int
		m    message
		want string // the report after it, if there is one
	}{
		{0, message{}, ""},
		{0, message{Status: "1"}, "{false false 1 0s}"}, // the first comes at once
		{10, message{Status: "2", Extend: 1}, ""},
		{20, message{Status: "3"}, ""},
		{30, message{Extend: 2}, ""},
		{100, message{}, "{false false 3 2ns}"},
		{110, message{Status: "4"}, ""},
		{120, message{Ready: true}, "{true false 4 0s}"}, // it is waited for
		{130, message{Ready: true}, ""},                  // not the second time
		{140, message{Stopping: true}, "{true true  0s}"},
		{150, message{Stopping: true}, ""},
		{239, message{}, ""},
		{240, message{}, "{false true  0s}"},
		{900, message{}, ""},
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
