package ui

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func (p *Printer) Paused() {
	p.info("paused").Msg("paused: changes of files are kept; p or hotswap resume makes one swap of them")
}

func (p *Printer) Resumed(files int) {
	what := "no file has changed"
	if files > 0 {
		what = "one swap for " + human.Count(files, "changed file")
	}
	p.info("resumed", "files", files).Msg("resumed: " + what)
}

func (p *Printer) NothingToPause() {
	p.warn("no-pause").Msg("nothing to pause: no files are watched (--no-watch)")
}

// renderPause returns since when changes wait.
func renderPause(s report.PauseStatus, now time.Time) string {
	waits := "no file has changed"
	switch {
	case s.Files == 1:
		waits = "1 changed file waits"
	case s.Files > 1:
		waits = fmt.Sprintf("%d changed files wait", s.Files)
	}
	return human.Dots("paused for "+human.Duration(now.Sub(s.Since)), waits, "p or hotswap resume makes one swap")
}
