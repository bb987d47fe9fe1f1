package commands

import (
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestStops(t *testing.T) {
	const hup, intr, quit, term = syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM
	type signal struct {
		sig syscall.Signal
		at  time.Duration
	}
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		told    bool
		delay   time.Duration // of the first drain
		signals []signal
		want    []wish
	}{
		"Ctrl-C": {signals: []signal{{intr, 0}}, want: []wish{wishDrain}},
		"Ctrl-C twice": {signals: []signal{{intr, 0}, {intr, 1000 * ms}},
			want: []wish{wishDrain, wishNow}},
		"Ctrl-C, and a runner's echo": {signals: []signal{{intr, 0}, {intr, 999 * ms}},
			want: []wish{wishDrain, wishNothing}},
		"Ctrl-C, hammered": {signals: []signal{{intr, 0}, {intr, 400 * ms},
			{intr, 800 * ms}, {intr, 1200 * ms}}, want: []wish{wishDrain, wishNothing, wishNothing, wishNow}},
		"Ctrl-C below foreman": {signals: []signal{{intr, 0}, {term, 700 * ms}},
			want: []wish{wishDrain, wishNothing}},
		"Ctrl-C below a slow foreman": {signals: []signal{{intr, 0}, {term, 4000 * ms}},
			want: []wish{wishDrain, wishNothing}},
		"Ctrl-C twice below foreman": {signals: []signal{{intr, 0}, {term, 10 * ms},
			{intr, 1500 * ms}, {term, 1510 * ms}}, want: []wish{wishDrain, wishNothing, wishNow, wishNow}},
		"foreman is faster than the terminal": {signals: []signal{{term, 0}, {intr, 400 * ms}},
			want: []wish{wishDrain, wishNothing}},
		"SIGTERM twice": {signals: []signal{{term, 0}, {term, 1000 * ms}},
			want: []wish{wishDrain, wishNow}},
		"SIGQUIT": {signals: []signal{{quit, 0}}, want: []wish{wishNow}},
		"SIGQUIT after Ctrl-C": {signals: []signal{{intr, 0}, {quit, 1 * ms}},
			want: []wish{wishDrain, wishNow}},
		"Ctrl-C after hotswap stop": {told: true, signals: []signal{{intr, 0}},
			want: []wish{wishNow}},
		"SIGTERM cuts a delay short": {delay: 9000 * ms,
			signals: []signal{{term, 0}, {term, 1000 * ms}, {term, 1500 * ms}, {term, 2000 * ms}},
			want:    []wish{wishDrain, wishDrain, wishNothing, wishNow}},
		"SIGTERM, and its echo, in a delay": {delay: 9000 * ms,
			signals: []signal{{term, 0}, {term, 999 * ms}}, want: []wish{wishDrain, wishNothing}},
		"Ctrl-C in a delay": {delay: 9000 * ms,
			signals: []signal{{term, 0}, {intr, 100 * ms}, {intr, 1100 * ms}},
			want:    []wish{wishDrain, wishDrain, wishNow}},
		"SIGQUIT in a delay": {delay: 9000 * ms,
			signals: []signal{{term, 0}, {quit, 1 * ms}}, want: []wish{wishDrain, wishNow}},
		"SIGTERM in the delay of a request": {told: true, delay: 9000 * ms,
			signals: []signal{{term, 0}, {term, 1000 * ms}}, want: []wish{wishDrain, wishNow}},
		"Ctrl-C late in a delay, and a runner's echo": {delay: 9000 * ms,
			signals: []signal{{term, 0}, {intr, 5000 * ms}, {term, 5010 * ms}},
			want:    []wish{wishDrain, wishDrain, wishNothing}},
		"Ctrl-C in the delay of a request, and an echo": {told: true, delay: 9000 * ms,
			signals: []signal{{intr, 0}, {term, 10 * ms}}, want: []wish{wishDrain, wishNothing}},
		"SIGTERM after a delay": {delay: 2000 * ms,
			signals: []signal{{term, 0}, {term, 2000 * ms}}, want: []wish{wishDrain, wishNow}},
		"the terminal closes, and its runner": {signals: []signal{{hup, 0}, {term, 2000 * ms}},
			want: []wish{wishDrain, wishNothing}},
	} {
		s, began, got := stops{}, time.Now(), []wish(nil)
		drains := 0
		if tt.told {
			drains++
		}
		for _, sig := range tt.signals {
			w := s.add(sig.sig, began.Add(sig.at), tt.told, drains == 1 && sig.at < tt.delay)
			got = append(got, w)
			if w == wishDrain {
				drains++
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
