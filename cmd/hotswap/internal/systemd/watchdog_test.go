package systemd

import (
	"testing"
	"time"
)

func TestWatchdogPause(t *testing.T) {
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
	}{
		{"", "", 0},
		{"", "42", 0},
		{"0", "42", 0},
		{"-5", "42", 0},
		{"soon", "42", 0},
		{"30000000", "42", 15 * time.Second},
		{"30000000", "", 15 * time.Second},
		{"30000000", "43", 0}, // another process's
		{"30000000", "4", 0},
		{"1", "42", leastBeat},
		{"18446744073709551615", "42", 1<<63 - 1 - (1<<63-1)%1000},
	} {
		want := c.want
		if c.usec == "18446744073709551615" {
			want /= 2
		}
		if got := watchdogPause(c.usec, c.pid, 42); got != want {
			t.Errorf("%s=%q %s=%q: %v, want %v", watchdogEnv, c.usec, watchdogPIDEnv, c.pid, got, want)
		}
	}
}
