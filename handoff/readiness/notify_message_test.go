package readiness

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestParseMessage(t *testing.T) {
	for text, want := range map[string]message{
		"READY=1":                            {Ready: true},
		"READY=1\n":                          {Ready: true},
		"READY=0":                            {},
		"READY=1\nREADY=0":                   {},
		"READY":                              {},
		"ready=1":                            {},
		" READY=1":                           {},
		"":                                   {},
		"\n\n=\n=1":                          {},
		"STATUS=loading 3/7\nREADY=1":        {Ready: true, Status: "loading 3/7"},
		"STATUS=a=b":                         {Status: "a=b"},
		"STATUS=\x1b[2Jx\ry\xff\x00":         {Status: "[2Jxy"},
		"STOPPING=1":                         {Stopping: true},
		"EXTEND_TIMEOUT_USEC=30000000":       {Extend: 30 * time.Second},
		"EXTEND_TIMEOUT_USEC=-1":             {},
		"EXTEND_TIMEOUT_USEC=soon":           {},
		"MAINPID=1\nWATCHDOG=1\nFDSTORE=1":   {},
		"BARRIER=1":                          {},
		"EXTEND_TIMEOUT_USEC=\nSTATUS=\nX=1": {},
	} {
		if got := parseMessage([]byte(text)); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
	if d := parseMessage([]byte("EXTEND_TIMEOUT_USEC=18446744073709551615")).Extend; d < 24*365*time.Hour {
		t.Errorf("for ever is %v", d)
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte("READY=1\nSTATUS=ok\nEXTEND_TIMEOUT_USEC=5"))
	f.Add([]byte("STATUS=" + strings.Repeat("é", 300)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := parseMessage(b)
		if m.Extend < 0 {
			t.Fatalf("extends by %v", m.Extend)
		}
		if len(m.Status) > maxStatus+8 || !utf8.ValidString(m.Status) || strings.ContainsFunc(m.Status, unicode.IsControl) {
			t.Fatalf("the status is %q", m.Status)
		}
		if m.Ready && !strings.Contains(string(b), "READY=1") {
			t.Fatal("ready, though it did not say so")
		}
	})
}
