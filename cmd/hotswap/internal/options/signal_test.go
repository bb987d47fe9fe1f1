package options

import (
	"runtime"
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]syscall.Signal{
		"TERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT, "int": syscall.SIGINT, "sigquit": syscall.SIGQUIT, "2": syscall.SIGINT,
		"RTMIN": 34, "SIGRTMIN+3": 37, "RTMAX-1": 63, "37": 37,
		"KILL": 0, "SIGSTOP": 0, "9": 0, "0": 0, "-2": 0, "65": 0, "TERMINATE": 0, "": 0, "SIG": 0, "RTMIN+31": 0, "RTMIN3": 0, "RTMAX+1": 0,
	} {
		if runtime.GOOS != "linux" && want >= 34 {
			continue
		}
		got, err := parseSignal(text)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
}
