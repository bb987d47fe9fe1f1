package ui

import "os"

func (l Printer) Upgrading() {
	l.Log.Info().Str("event", "upgrading").Int("pid", os.Getpid()).Msgf("upgrading hotswap (process %d)…", os.Getpid())
}

// booting tells which process is to take over.
func (l Printer) UpgradeBoots(pid int) {
	l.Log.Debug().Str("event", "upgrade-boot").Int("pid", pid).Msgf("process %d has the gates and starts its generation", pid)
}

func (l Printer) Upgraded(pid int) {
	l.Log.Info().Str("event", "upgraded").Int("pid", pid).Msgf("hotswap upgraded: process %d took over", pid)
}

func (l Printer) UpgradeFailed(err error) {
	l.Log.Error().Str("event", "upgrade-failed").Int("pid", os.Getpid()).Err(err).Msgf("upgrade failed: %v; this hotswap goes on", err)
}
