package ui

import (
	"os"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

func (p *Printer) ControlUnavailable(err error) {
	p.warn("control-unavailable", "error", err).
		Msgf("%v; hotswap status, reload, rollback and stop cannot reach this hotswap", err)
}

func (p *Printer) RecordFailed(err error) {
	p.warn("record-failed", "error", err).
		Msgf("cannot write the record of this run: %v; if hotswap is killed, the next start does not find what is left",
			err)
}

func (p *Printer) Leftovers(n int, r record.Record) {
	p.warn("leftovers", "processes", n, "pid", r.PID, "dir", r.Dir, "command", r.Command).
		Msgf("ended %s left behind by a hotswap that was killed", human.Count(n, "process"))
}

func (p *Printer) LeftoversStay(r record.Record, why error) {
	p.warn("leftovers-left", "pid", r.PID, "dir", r.Dir, "error", why).
		Msgf("processes left behind by hotswap (process %d) when it was killed still run: %v", r.PID, why)
}

func (p *Printer) UpgradeWaits(what string) {
	p.info("upgrade-waits", "pid", os.Getpid(), "for", what).Msgf("the upgrade waits: %s", what)
}

func (p *Printer) Upgrading() {
	p.info("upgrading", "pid", os.Getpid()).Msgf("upgrading hotswap (process %d)…", os.Getpid())
}

func (p *Printer) UpgradeBoots(pid int) {
	p.debug("upgrade-boot", "pid", pid).Msgf("process %d has the gates and starts its generation", pid)
}

func (p *Printer) Upgraded(pid int) {
	p.info("upgraded", "pid", pid).Msgf("hotswap upgraded: process %d took over", pid)
}

func (p *Printer) UpgradeFailed(err error) {
	p.fail("upgrade-failed", "pid", os.Getpid(), "error", err).Msgf("upgrade failed: %v; this hotswap goes on", err)
}

func (p *Printer) NoSocket(err error) {
	p.fail("no-socket", "error", err).
		Msgf("the program starts without state and leases, because its socket cannot be opened: %v", err)
}

// FolderGone prints why hotswap stops.
func (p *Printer) FolderGone(dir string) {
	p.warn("folder-gone", "folder", dir).Msgf("%s has been removed: nothing there can be served any more", dir)
}
