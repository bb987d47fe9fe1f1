package ui

import (
	"fmt"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// standby tells that the program of the next generation waits.
func (l Printer) standby(n supervisor.NoticeStandby) {
	l.Log.Debug().Str("event", "standby").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.Took)).Float64("memory_mb", megabytes(n.Memory)).
		Msg(human.Dots(fmt.Sprintf("generation %d is ready as a standby", n.Gen), human.Describe(n.Took), size(n.Memory)))
}

// noStandby prints, with --verbose, why there is no standby. That a program which could
// have standbys gets none from now on is always printed.
func (l Printer) noStandby(n supervisor.NoticeNoStandby) {
	text, next := fmt.Sprintf("no standby for generation %d: %v", n.Gen, n.Err), ""
	level := zerolog.DebugLevel
	switch {
	case n.GivenUp:
		next, level = "every generation starts cold from now on", zerolog.InfoLevel
	case n.Again:
		next = "another one is made"
	}
	l.Log.WithLevel(level).Str("event", "no-standby").Int("gen", int(n.Gen)).Err(n.Err).
		Bool("failed", n.Failed).Bool("again", n.Again).Bool("given_up", n.GivenUp).Msg(human.Dots(text, next))
}

// unused tells that one was thrown away when its time had come.
func (l Printer) unused(n supervisor.NoticeStandbyUnused) {
	l.Log.Debug().Str("event", "unused").Int("gen", int(n.Gen)).Err(n.Err).
		Msgf("generation %d starts cold: %v", n.Gen, n.Err)
}

func megabytes(n uint64) float64 { return float64(n>>10) / 1024 }

// size is an amount of memory for people; "": it is not known.
func size(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d MB", n>>20)
}
