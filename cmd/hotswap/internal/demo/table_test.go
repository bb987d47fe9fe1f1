package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestDemoTable(t *testing.T) {
	r := Result{
		Hotswap: Column{
			Requests: 13412, PerSecond: 1180.4, Races: 3, Swaps: 20, Stall: 12.4, Gap: 9.96,
			CutoverUS: &spread{17, 213}, BootMS: &spread{91, 128.4}, DrainMS: &spread{587, 1017},
			WebSockets: webSockets{1463, 0, 60},
		},
		Plain: Column{
			Requests: 12377, PerSecond: 1098, Failed: 812, FailedBy: map[string]uint64{"eof": 80, "refused": 700, "reset": 32},
			Races: 12, Swaps: 20, Stall: 28, Gap: 106, BootMS: &spread{96, 104}, DrainMS: &spread{2.34, 4.4},
			WebSockets: webSockets{1199, 2, 60},
		},
	}
	want := `
                                               hotswap       plain restart
requests                                        13 412              12 377
requests per second                              1 180               1 098
failed                                               0                 812
  refused                                            0                 700
  eof                                                0                  80
  reset                                              0                  32
races (HTTP keep-alive, retried)                     3                  12
swaps                                               20                  20
longest stall of an answer                       12 ms               28 ms
longest time without any answer                  10 ms              106 ms
cutover, median / max                      17 / 213 µs                   -
boot of the new, median / max              91 / 128 ms         96 / 104 ms
end of the old, median / max            587 / 1 017 ms        2.3 / 4.4 ms
WebSocket messages (apart)                       1 463               1 199
  lost on the way                                    0                   2
  connections ended                                 60                  60
`
	var b bytes.Buffer
	if err := r.writeTable(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &b, want)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(line); n > 81 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	r.Hotswap.Failed, r.Hotswap.FailedBy = 1, map[string]uint64{"stale": 1}
	b.Reset()
	if err := r.writeTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"stale                                              1                   0", "is a bug"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in:\n%s", part, &b)
		}
	}
}

func TestSpread(t *testing.T) {
	if newSpread(nil, time.Millisecond) != nil {
		t.Error("a spread of nothing")
	}
	got := newSpread([]time.Duration{9 * time.Millisecond, time.Millisecond, 2500 * time.Microsecond}, time.Millisecond)
	if *got != (spread{2.5, 9}) {
		t.Errorf("got %+v", *got)
	}
}

func TestProgressOnATerminalIsOneLine(t *testing.T) {
	var live, plain bytes.Buffer
	p, q := &progress{w: &live, live: true}, newProgress(&plain)
	for swaps := range 8 {
		p.step("hotswap", swaps, 7, 1234, 0)
		q.step("hotswap", swaps, 7, 1234, 0)
	}
	p.end()
	q.end()
	if n := strings.Count(live.String(), "\n"); n != 1 || strings.Count(live.String(), "\r") != 8 {
		t.Errorf("%d lines: %q", n, live.String())
	}
	if n := strings.Count(plain.String(), "\n"); n != 2 || strings.ContainsAny(plain.String(), "\r\x1b") {
		t.Errorf("%d lines: %q", n, plain.String()) // at 5 and at the end
	}
}
