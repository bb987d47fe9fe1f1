package demo

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/load"
)

func TestDemoTable(t *testing.T) {
	ms, us := time.Millisecond, time.Microsecond
	swaps := column{
		load:     load.Snapshot{Requests: 13412, Counts: map[load.Class]uint64{load.OK: 13412}, Closes: load.Closes{Raced: 3}, LongestStall: 12400 * us, LongestGap: 9960 * us},
		cutovers: []time.Duration{213 * us, 12 * us, 17 * us}, replaced: []time.Duration{91 * ms, 128 * ms, 90 * ms},
	}
	plain := column{
		load: load.Snapshot{Requests: 12377, Counts: map[load.Class]uint64{load.Refused: 700, load.EOF: 80, load.Reset: 32, load.OK: 11565},
			Closes: load.Closes{Raced: 12}, LongestStall: 28 * ms, LongestGap: 106 * ms},
		replaced: []time.Duration{96 * ms, 104 * ms, 95 * ms},
	}
	want := `
                                               hotswap       plain restart
requests                                        13 412              12 377
failed                                               0                 812
races (HTTP keep-alive, retried)                     3                  12
swaps                                                3                   3
longest stall of an answer                       12 ms           no answer
longest time without any answer                   9 ms              106 ms
cutover, median / max                   17 µs / 213 µs                   -
until the new answers, median/max       91 ms / 128 ms      96 ms / 104 ms
`
	var b bytes.Buffer
	if code, err := writeTable(&b, swaps, plain); err != nil || code != exit.OK {
		t.Fatal(code, err)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", &b, want)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(line); n > 81 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	swaps.load.Counts[load.Stale], swaps.load.Examples = 1, []load.Example{{Kind: "fresh GET", Class: load.Stale}}
	b.Reset()
	if code, err := writeTable(&b, swaps, plain); err != nil || code != exit.CodeFailed {
		t.Fatal(code, err)
	}
	for _, part := range []string{"failed                                               1                 812", "is a bug", "stale: fresh GET"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in:\n%s", part, &b)
		}
	}
}
