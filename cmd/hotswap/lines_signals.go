package main

import (
	"syscall"
)

func (l lines) Signalled(sig syscall.Signal, pid int) {
	l.log.Debug().Str("event", "signalled").Str("signal", signalName(sig)).Int("pid", pid).
		Msgf("%s passed on to process %d", signalName(sig), pid)
}

func (l lines) Unsignalled(sig syscall.Signal) {
	l.log.Info().Str("event", "unsignalled").Str("signal", signalName(sig)).
		Msgf("%s is not passed on: no process of the program handles it", signalName(sig))
}
