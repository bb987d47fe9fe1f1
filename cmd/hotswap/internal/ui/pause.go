package ui

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Paused prints that changes are kept from now on.
func (p *Printer) Paused() {
	p.info("paused").Msg("paused: changes of files are kept; p or hotswap resume makes one swap of them")
}

// Resumed prints that the changes that were kept go on.
func (p *Printer) Resumed(files int) {
	what := "no file has changed"
	if files > 0 {
		what = "one swap for " + human.Count(files, "changed file")
	}
	p.info("resumed").Int("files", files).Msg("resumed: " + what)
}

// NothingToPause prints that no changes are there to be kept.
func (p *Printer) NothingToPause() {
	p.warn("no-pause").Msg("nothing to pause: no files are watched (--no-watch)")
}

// Kept prints which changes wait because of a pause.
func (p *Printer) Kept(files []string) {
	p.info("kept").Strs("files", files).Msgf("%s kept: swaps are paused", changed(files))
}

// Stopped prints which changes wait because the program stands in a debugger.
func (p *Printer) Stopped(pid int, files []string) {
	p.info("stopped").Int("pid", pid).Strs("files", files).
		Msgf("%s waits until process %d, which is stopped in a debugger, runs on (r or hotswap reload swaps now)", changed(files), pid)
}

// renderPause returns why changes wait.
func renderPause(s supervisor.PauseStatus, now time.Time) string {
	why, until := "paused", "p or hotswap resume makes one swap"
	if s.By == supervisor.PausedInDebugger {
		why, until = fmt.Sprintf("process %d is stopped in a debugger", s.PID), "swaps follow when it runs on"
	}
	waits := "no file has changed"
	switch {
	case s.Files == 1:
		waits = "1 changed file waits"
	case s.Files > 1:
		waits = fmt.Sprintf("%d changed files wait", s.Files)
	}
	return human.Dots(why+" for "+human.Duration(now.Sub(s.Since)), waits, until)
}
