package ui

import (
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// rolledBack tells that the generation before serves again.
func (l Printer) rolledBack(n supervisor.NoticeRolledBack) {
	if n.ByHand {
		l.Log.Info().Str("event", "rolled-back").Int("gen", int(n.Gen)).Int("to", int(n.To)).
			Float64("served_ms", human.Millis(n.Served)).Bool("by_hand", true).
			Msg(human.Dots(fmt.Sprintf("generation %d serves again", n.To), fmt.Sprintf("rolled back from %d", n.Gen), "waiting for a change"))
		return
	}
	text := fmt.Sprintf("generation %d crashed: %s", n.Gen, n.Post.Reason)
	if n.Left > 0 {
		text = fmt.Sprintf("generation %d: its first process ended (%s), %s still draining", n.Gen, n.Post.Reason, human.Count(n.Left, "process"))
	}
	l.Log.Error().Str("event", "rolled-back").Int("gen", int(n.Gen)).Int("to", int(n.To)).Str("exit", n.Exit.String()).
		Int("left", n.Left).Float64("served_ms", human.Millis(n.Served)).Bool("by_hand", false).Strs("stderr", n.Post.Last).
		Msg(human.Dots(text, "after "+human.Describe(n.Served), quote(n.Post.Last), fmt.Sprintf("generation %d serves again", n.To), "waiting for a change"))
}

// canary tells that a generation is tried on a share.
func (l Printer) canary(n supervisor.NoticeCanary) {
	l.Log.Info().Str("event", "canary").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).
		Str("endpoints", join(n.Endpoints)).Strs("files", n.Files).Str("ready_by", n.By).
		Float64("boot_ms", human.Millis(n.Boot)).Float64("build_ms", human.Millis(n.Build)).Int("percent", n.Percent).Float64("for_ms", human.Millis(n.For)).
		Msg(human.Dots(fmt.Sprintf("generation %d gets %d %% of new connections for %s", n.Gen, n.Percent, span(n.For)),
			buildTime(n.Build), human.Describe(n.Boot), because(n.Cause, changed(n.Files))))
}

// span is a time that somebody chose: without digits that nobody wrote.
func span(d time.Duration) string {
	if d < time.Minute && d%time.Second == 0 {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return d.String()
}

// draining tells how a drain stands: every change to whoever wants to know more,
// and to all why it takes so long.
func (l Printer) draining(n supervisor.NoticeDraining) {
	level, lasts := zerolog.DebugLevel, ""
	if n.Live {
		level, lasts = zerolog.InfoLevel, "for "+human.Describe(n.Lasts)
	}
	what := fmt.Sprintf("%s, %d busy", human.Count(n.Report.Connections, "connection"), n.Report.Busy)
	if n.Report.Connections == 0 {
		what = "no connection left"
	}
	waiting := ""
	if n.Report.Waiting > 0 {
		waiting = human.Count(n.Report.Waiting, "client") + " not accepted yet"
	}
	l.Log.WithLevel(level).Str("event", "draining").Int("gen", int(n.Gen)).Int("connections", n.Report.Connections).
		Int("busy_connections", n.Report.Busy).Int("closed", n.Report.Closed).Int("waiting", n.Report.Waiting).
		Float64("lasts_ms", human.Millis(n.Lasts)).
		Msg(human.Dots(fmt.Sprintf("draining generation %d", n.Gen), what, waiting, lasts))
}

// noCanary tells that an option has no effect here.
func (l Printer) NoCanary() {
	l.Log.Warn().Str("event", "no-canary").Msg("--canary has no effect: two generations cannot serve at once on this machine")
}

// noAdapter tells that Node processes are drained as others are.
func (l Printer) NoAdapter(err error) {
	l.Log.Warn().Str("event", "no-adapter").Err(err).Msgf("Node processes run without hotswap's adapter, and their connections are observed from outside: %v", err)
}

// outputLost tells that a program's last output is missing.
func (l Printer) outputLost(n supervisor.NoticeOutputLost) {
	whose := "a build"
	if n.Gen != 0 {
		whose = fmt.Sprintf("generation %d", n.Gen)
	}
	l.Log.Warn().Str("event", "left-out").Int("gen", int(n.Gen)).
		Msgf("the last output of %s is missing, because hotswap's output was not read", whose)
}
