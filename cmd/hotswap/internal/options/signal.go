package options

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// parseSignal reads a value of --stop-signal: TERM, SIGTERM, 15 or RTMIN+3.
func parseSignal(text string) (syscall.Signal, error) {
	sig, ok := signalNamed(strings.TrimPrefix(strings.ToUpper(text), "SIG"))
	if !ok {
		return 0, errors.New("no signal is called that; give one such as INT, SIGINT or 2")
	}
	switch sig {
	case syscall.SIGKILL:
		return 0, errors.New("no program can handle SIGKILL; hotswap sends it by itself after --drain-timeout")
	case syscall.SIGSTOP:
		return 0, errors.New("no program can handle SIGSTOP; give one such as INT, SIGINT or 2")
	}
	return sig, nil
}

func signalNamed(name string) (syscall.Signal, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		sig := syscall.Signal(n)
		return sig, unix.SignalName(sig) != "" || realTime(n)
	}
	for base, from := range map[string]int{"RTMIN": RealTimeMin, "RTMAX": RealTimeMax} {
		rest, ok := strings.CutPrefix(name, base)
		if !ok {
			continue
		}
		offset, err := strconv.Atoi(rest)
		n := from + offset
		return syscall.Signal(n), realTime(n) && (rest == "" || err == nil && (rest[0] == '+' || rest[0] == '-'))
	}
	sig := unix.SignalNum("SIG" + name)
	return sig, sig != 0
}

func realTime(n int) bool { return RealTimeMin <= n && n <= RealTimeMax }

// SignalName returns the name of a signal as people write it.
func SignalName(sig syscall.Signal) string {
	if n := int(sig); realTime(n) {
		return fmt.Sprintf("SIGRTMIN+%d", n-RealTimeMin)
	}
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(sig))
}
