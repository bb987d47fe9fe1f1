package ui

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// keyLines are what hotswap says to somebody at the keyboard.
type keyLines struct {
	out    *AsyncWriter
	keys   func() bool // keys are commands at the moment
	people bool        // --log text
	clear  bool        // --clear
	builds bool        // --build
	hinted bool        // the supervisor's loop's
	silent bool        // the program never listens: what starts is told, for nothing will serve; the loop's
}

// hint says once how to find the keys, to people who see it and can press them.
func (l Printer) hint() {
	if l.hinted || !l.people || !l.keys() || !term.IsTerminal(2) {
		return
	}
	l.hinted = true
	l.Log.Info().Str("event", "hint").Msg(KeyHint)
}

// clearScreen takes the screen's content and what can be scrolled back to, as tsc
// and tsx do.
const ClearScreen = "\x1b[2J\x1b[3J\x1b[H"

// wipe clears the terminal for what a change brings. A crash and its restart
// leave what was said of it.
func (l Printer) wipe(c supervisor.Cause) {
	if l.clear && c == supervisor.CauseChange && term.IsTerminal(2) {
		_, _ = io.WriteString(l.out, ClearScreen)
	}
}

func (l Printer) starting(n supervisor.NoticeStarting) {
	if !l.builds { // else the build has done so, and what it said stays
		l.wipe(n.Cause)
	}
	if l.silent {
		l.Log.Info().Str("event", "starting").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).
			Msg(human.Dots(fmt.Sprintf("generation %d starts", n.Gen), because(n.Cause, "after a change")))
	}
}

func (l Printer) Keys() { l.Log.Info().Str("event", "keys").Msg(KeyText) }

func (l Printer) Status(st supervisor.Status, now time.Time) {
	l.Log.Info().Str("event", "status").Interface("status", st).Msg(StatusText(st, now))
}

func (l Printer) Mark() {
	if l.people {
		_, _ = io.WriteString(l.out, "\n")
	}
}

// KeyText is what the key ? shows.
const KeyText = `keys, and the signals that do the same:
  r      reload: swap in a fresh process (SIGHUP)
  b      roll back to the previous generation
  s      status: generations, endpoints, the last swap
  q      drain and stop; again: stop at once (SIGINT, SIGTERM; Ctrl-C)
  Enter  an empty line
  Ctrl-Z stops hotswap and the program; fg continues them (SIGTSTP, SIGCONT)
  Ctrl-\ stops at once (SIGQUIT)
SIGUSR2 upgrades hotswap itself.`

// keyHint is said once.
const KeyHint = "press ? for keys"
