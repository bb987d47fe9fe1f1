package ui

import (
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

func (l Printer) Signalled(sig syscall.Signal, pid int) {
	l.Log.Debug().Str("event", "signalled").Str("signal", options.SignalName(sig)).Int("pid", pid).
		Msgf("%s passed on to process %d", options.SignalName(sig), pid)
}

func (l Printer) Unsignalled(sig syscall.Signal) {
	l.Log.Info().Str("event", "unsignalled").Str("signal", options.SignalName(sig)).
		Msgf("%s is not passed on: no process of the program handles it", options.SignalName(sig))
}
