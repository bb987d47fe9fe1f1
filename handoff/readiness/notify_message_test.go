package readiness

import (
	"testing"
	"time"
)

func TestParseMessage(t *testing.T) {
	type message struct {
		ready  bool
		extend time.Duration
		alive  string
	}
	for text, want := range map[string]message{
		"READY=1":                          {ready: true},
		"READY=1\n":                        {ready: true},
		"READY=0":                          {},
		"READY=1\nREADY=0":                 {},
		"READY":                            {},
		"ready=1":                          {},
		" READY=1":                         {},
		"":                                 {},
		"\n\n=\n=1":                        {},
		"STATUS=loading 3/7\nREADY=1":      {ready: true},
		"STOPPING=1":                       {},
		"EXTEND_TIMEOUT_USEC=30000000":     {extend: 30 * time.Second},
		"EXTEND_TIMEOUT_USEC=-1":           {},
		"EXTEND_TIMEOUT_USEC=soon":         {},
		"MAINPID=1\nWATCHDOG=1\nFDSTORE=1": {alive: "WATCHDOG=1"},
		"WATCHDOG=trigger":                 {alive: "WATCHDOG=trigger"},
		"WATCHDOG=\r1\nWATCHDOG":           {},
		"BARRIER=1":                        {},
		"EXTEND_TIMEOUT_USEC=\nX=1":        {},
	} {
		if ready, extend, alive := parseMessage([]byte(text)); (message{ready, extend, alive}) != want {
			t.Errorf("%q is %v, %v, %q, want %+v", text, ready, extend, alive, want)
		}
	}
	if _, d, _ := parseMessage([]byte("EXTEND_TIMEOUT_USEC=18446744073709551615")); d < 24*365*time.Hour {
		t.Errorf("for ever is %v", d)
	}
}
