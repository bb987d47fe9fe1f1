package ui

import (
	"time"

	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// hint prints once how to find the keys, if a person can see that and press them.
func (p *Printer) hint() {
	if p.hinted || p.JSON || !p.KeysWork() || !term.IsTerminal(2) {
		return
	}
	p.hinted = true
	p.info("hint").Msg(KeyHint)
}

func (p *Printer) Keys() { p.info("keys").Ctx(severalLines).Msg(KeyText) }

func (p *Printer) Status(st report.Status, now time.Time) {
	p.info("status", "status", st).Ctx(severalLines).Msg(StatusText(st, now))
}

const KeyText = `keys, and the signals that do the same:
  r      reload: swap in a fresh process (SIGHUP); also Return
  b      roll back to the previous generation
  p      pause swaps and keep changes; again: one swap with all of them
  s      status: generations, endpoints, the last swap
  q      drain and stop; again: stop at once (SIGINT, SIGTERM; Ctrl-C)
  Ctrl-Z stops hotswap and the program; fg continues them (SIGTSTP, SIGCONT)
  Ctrl-\ stops at once (SIGQUIT)
SIGUSR2 upgrades hotswap itself.`

const KeyHint = "press ? for keys"

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
