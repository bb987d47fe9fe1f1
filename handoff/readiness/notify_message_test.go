package readiness

import (
	"strings"
	"testing"
)

func TestParseMessage(t *testing.T) {
	type message struct {
		ready bool
		alive string
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
		"MAINPID=1\nWATCHDOG=1\nFDSTORE=1": {alive: "WATCHDOG=1"},
		"WATCHDOG=trigger":                 {alive: "WATCHDOG=trigger"},
		"WATCHDOG=\r1\nWATCHDOG":           {},
		"BARRIER=1":                        {},
	} {
		if ready, alive := parseMessage([]byte(text)); (message{ready, alive}) != want {
			t.Errorf("%q is %v, %q, want %+v", text, ready, alive, want)
		}
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte("READY=1\nSTATUS=ok"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if ready, _ := parseMessage(b); ready && !strings.Contains(string(b), "READY=1") {
			t.Fatal("ready, though it did not say so")
		}
	})
}
