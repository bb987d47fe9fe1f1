package ui

import (
	"os"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// UpgradeWaits prints what an upgrade of hotswap waits for.
func (p *Printer) UpgradeWaits(what string) {
	p.info("upgrade-waits").Int("pid", os.Getpid()).Str("for", what).Msgf("the upgrade waits: %s", what)
}

// Upgrading prints that an upgrade of hotswap begins.
func (p *Printer) Upgrading() {
	p.info("upgrading").Int("pid", os.Getpid()).Msgf("upgrading hotswap (process %d)…", os.Getpid())
}

// UpgradeBoots prints which process is to take over.
func (p *Printer) UpgradeBoots(pid int) {
	p.debug("upgrade-boot").Int("pid", pid).Msgf("process %d has the gates and starts its generation", pid)
}

// Upgraded prints which process took over.
func (p *Printer) Upgraded(pid int) {
	p.info("upgraded").Int("pid", pid).Msgf("hotswap upgraded: process %d took over", pid)
}

// UpgradeFailed prints why an upgrade failed.
func (p *Printer) UpgradeFailed(err error) {
	p.fail("upgrade-failed").Int("pid", os.Getpid()).Err(err).Msgf("upgrade failed: %v; this hotswap goes on", err)
}

// NoSocket prints that a program has started that cannot reach its state.
func (p *Printer) NoSocket(err error) {
	p.fail("no-socket").Err(err).Msgf("the program starts without state and leases, because its socket cannot be opened: %v", err)
}

// before names the generation if it is one of the hotswap before an upgrade; else "".
func before(gen handoff.GenID) string {
	if gen == reuseport.Parent {
		return "the hotswap before the upgrade"
	}
	return ""
}
