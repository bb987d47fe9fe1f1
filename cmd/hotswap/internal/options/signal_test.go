package options

import (
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "int": syscall.SIGINT, "sigquit": syscall.SIGQUIT,
		"2":    syscall.SIGINT,
		"KILL": 0, "SIGSTOP": 0, "9": 0, "0": 0, "37": 0, "-2": 0, "65": 0, "TERMINATE": 0, "": 0, "SIG": 0, "RTMIN": 0,
	} {
		got, err := ParseSignal(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}
