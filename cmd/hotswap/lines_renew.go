package main

import "os"

func (l lines) Upgrading() {
	l.log.Info().Str("event", "renewing").Int("pid", os.Getpid()).Msgf("renewing hotswap (process %d)…", os.Getpid())
}

// booting tells which process is to take over.
func (l lines) UpgradeBoots(pid int) {
	l.log.Debug().Str("event", "renew-boot").Int("pid", pid).Msgf("process %d has the gates and starts its generation", pid)
}

func (l lines) Upgraded(pid int) {
	l.log.Info().Str("event", "renewed").Int("pid", pid).Msgf("hotswap renewed: process %d took over", pid)
}

func (l lines) UpgradeFailed(err error) {
	l.log.Error().Str("event", "renew-failed").Int("pid", os.Getpid()).Err(err).Msgf("renewal failed: %v; this hotswap serves on", err)
}
