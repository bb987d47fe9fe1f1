package options

import (
	"errors"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ParseSignal reads a value of --stop-signal: TERM, SIGTERM or 15. No program can handle SIGKILL
// or SIGSTOP.
func ParseSignal(text string) (syscall.Signal, error) {
	sig := unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(text), "SIG"))
	if n, err := strconv.Atoi(text); err == nil && unix.SignalName(syscall.Signal(n)) != "" {
		sig = syscall.Signal(n)
	}
	switch sig {
	case 0:
		return 0, errors.New("no signal is called that; give one such as INT, SIGINT or 2")
	case syscall.SIGKILL, syscall.SIGSTOP:
		return 0, errors.New("no program can handle this signal; give one such as INT, SIGINT or 2")
	}
	return sig, nil
}
