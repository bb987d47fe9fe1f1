package main

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// keyLines are what hotswap says to somebody at the keyboard.
type keyLines struct {
	out    *outbox
	keys   func() bool // keys are commands at the moment
	people bool        // --log text
	clear  bool        // --clear
	builds bool        // --build
	hinted bool        // the supervisor's loop's
	silent bool        // the program never listens: what starts is told, for nothing will serve; the loop's
}

// hint says once how to find the keys, to people who see it and can press them.
func (l lines) hint() {
	if l.hinted || !l.people || !l.keys() || !term.IsTerminal(2) {
		return
	}
	l.hinted = true
	l.log.Info().Str("event", "hint").Msg(keyHint)
}

// clearScreen takes the screen's content and what can be scrolled back to, as tsc
// and tsx do.
const clearScreen = "\x1b[2J\x1b[3J\x1b[H"

// wipe clears the terminal for what a change brings. A crash and its restart
// leave what was said of it.
func (l lines) wipe(c supervisor.Cause) {
	if l.clear && c == supervisor.CauseChange && term.IsTerminal(2) {
		_, _ = io.WriteString(l.out, clearScreen)
	}
}

func (l lines) starting(n supervisor.NoticeStarting) {
	if !l.builds { // else the build has done so, and what it said stays
		l.wipe(n.Cause)
	}
	if l.silent {
		l.log.Info().Str("event", "starting").Int("gen", int(n.Gen)).Str("cause", n.Cause.String()).
			Msg(dots(fmt.Sprintf("generation %d starts", n.Gen), because(n.Cause, "after a change")))
	}
}

func (l lines) Keys() { l.log.Info().Str("event", "keys").Msg(keyText) }

func (l lines) Status(st supervisor.Status, now time.Time) {
	l.log.Info().Str("event", "status").Interface("status", st).Msg(renderStatus(st, now))
}

func (l lines) Mark() {
	if l.people {
		_, _ = io.WriteString(l.out, "\n")
	}
}
