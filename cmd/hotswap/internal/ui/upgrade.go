package ui

import "os"

func (l Printer) Upgrading() {
	l.Log.Info().Str("event", "renewing").Int("pid", os.Getpid()).Msgf("renewing hotswap (process %d)…", os.Getpid())
}

// booting tells which process is to take over.
func (l Printer) UpgradeBoots(pid int) {
	l.Log.Debug().Str("event", "renew-boot").Int("pid", pid).Msgf("process %d has the gates and starts its generation", pid)
}

func (l Printer) Upgraded(pid int) {
	l.Log.Info().Str("event", "renewed").Int("pid", pid).Msgf("hotswap renewed: process %d took over", pid)
}

func (l Printer) UpgradeFailed(err error) {
	l.Log.Error().Str("event", "renew-failed").Int("pid", os.Getpid()).Err(err).Msgf("renewal failed: %v; this hotswap serves on", err)
}
