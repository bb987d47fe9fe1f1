package ui

import (
	"cmp"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func (p *Printer) starting(n report.NoticeStarting) {
	if p.silent {
		p.info("starting").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).
			Msg(human.Dots(fmt.Sprintf("generation %d starts", n.Gen), because(n.Cause, "after a change")))
	}
}

func (p *Printer) serving(n report.NoticeServing) {
	where := join(n.Endpoints)
	text := fmt.Sprintf("generation %d serves %s", n.Gen, where)
	if where == "" {
		text = fmt.Sprintf("generation %d runs (no port)", n.Gen)
	}
	boot := human.Duration(n.Boot)
	switch {
	case !n.Standby:
	case 2*n.Boot < n.Cold, n.Cold == 0:
		boot += ", warm"
	case n.Waited:
		boot += ", from a standby"
	default:
		boot += ", standby half-booted"
	}
	p.silent = false
	p.info("serving").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).
		Str("endpoints", where).Strs("files", n.Files).Str("ready_by", n.By).
		Float64("boot_ms", human.Millis(n.Boot)).Int64("cutover_us", n.Cutover.Microseconds()).Int("replaces", int(n.Replaces)).
		Bool("standby", n.Standby).Float64("build_ms", human.Millis(n.Build)).
		Msg(human.Dots(text, buildTime(n.Build, n.Ran), boot, because(n.Cause, changed(n.Files))))
	if len(n.Unserved) > 0 {
		p.warn("unserved").Int("gen", int(n.Gen)).Str("endpoints", join(n.Unserved)).
			Msgf("generation %d does not serve %s, which the previous generation served%s", n.Gen, join(n.Unserved), human.If(movedPort(n), lookedElsewhere))
	}
	p.hint()
}

// lookedElsewhere is what people can do where the port has changed.
const lookedElsewhere = "; if it connects to a port to see whether that is free, it meets the old version: give it a fixed port"

// movedPort reports whether a generation serves another port at the address of one that it does not serve any more.
func movedPort(n report.NoticeServing) bool {
	return slices.ContainsFunc(n.Unserved, func(lost handoff.Endpoint) bool {
		return !lost.IsUnix() && !lost.IsUDP() && slices.ContainsFunc(n.Endpoints, func(e handoff.Endpoint) bool {
			return e.Network == lost.Network && e.Addr.Addr() == lost.Addr.Addr() && !slices.Contains(n.Unserved, e)
		})
	})
}

// running prints that a generation is known to listen on nothing.
func (p *Printer) running(n report.NoticeRunning) {
	text := fmt.Sprintf("generation %d runs (no port)", n.Gen)
	p.info("running").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).Strs("files", n.Files).
		Float64("build_ms", human.Millis(n.Build)).
		Msg(human.Dots(text, buildTime(n.Build, n.Ran), because(n.Cause, changed(n.Files))))
	p.hint()
}

func (p *Printer) failed(n report.NoticeFailed) {
	if n.Why == report.WhySuperseded {
		p.info("superseded").Int("gen", int(n.Gen)).Int("by", int(n.By)).
			Msgf("generation %d given up before it served: generation %d takes its place", n.Gen, n.By)
		return
	}
	p.fail("failed").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).Str("why", string(n.Why)).Strs("files", n.Files).
		Str("unready", n.Unready).Str("quote", n.Post.Quote).Str("place", n.Post.Place).Strs("stderr", n.Post.Last).
		Str("next", string(n.Next.Kind)).Float64("took_ms", human.Millis(n.After)).
		Msg(human.Dots(fmt.Sprintf("generation %d failed: %s", n.Gen, n.Reason), human.Duration(n.After), changed(n.Files),
			n.Post.Cause(), p.next(n.Next)))
	p.looping(n.Gen, n.Reason, n.Post, n.Next)
	if h := p.advice(n); h != "" {
		p.info("hint").Msg(h)
	}
	if n.Why == report.WhyExited && n.Exit.Clean() {
		p.background(n.Left)
	}
}

// crash says how a generation ended. left are its processes that still run.
func crash(gen supervisor.GenID, post report.PostMortem, left int) string {
	if left > 0 {
		return fmt.Sprintf("generation %d: its first process ended (%s), %s still running", gen, post.Reason, human.Count(left, "process"))
	}
	return fmt.Sprintf("generation %d crashed: %s", gen, post.Reason)
}

func (p *Printer) crashed(n report.NoticeCrashed) {
	text := crash(n.Gen, n.Post, n.Left)
	if n.Left > 0 && n.Exit.Clean() {
		text += "; if the program goes into the background, " + foreground
	}
	p.fail("crashed").Int("gen", int(n.Gen)).Str("exit", n.Exit.String()).Int("left", n.Left).
		Float64("served_ms", human.Millis(n.Served)).Str("next", string(n.Next.Kind)).
		Str("quote", n.Post.Quote).Str("place", n.Post.Place).Strs("stderr", n.Post.Last).
		Msg(human.Dots(text, "after "+human.Duration(n.Served), n.Post.Cause(), p.next(n.Next)))
	p.looping(n.Gen, n.Post.Reason, n.Post, n.Next)
}

// looping prints once that the program crashes again and again.
func (p *Printer) looping(gen supervisor.GenID, reason string, post report.PostMortem, next report.Next) {
	if next.Crashes != report.LoopAfter || next.Kind != report.NextRestart {
		return
	}
	p.fail("crash-loop").Int("gen", int(gen)).Int("crashes", next.Crashes).Str("reason", reason).
		Str("quote", post.Quote).Str("place", post.Place).Float64("next_ms", human.Millis(next.In)).
		Msg(human.Dots(fmt.Sprintf("crash loop: %d crashes in a row", next.Crashes), reason, post.Cause(),
			"next try in "+human.Duration(next.In)+", or at a change"))
}

func (p *Printer) rolledBack(n report.NoticeRolledBack) {
	if n.ByHand {
		p.info("rolled-back").Int("gen", int(n.Gen)).Int("to", int(n.To)).
			Float64("served_ms", human.Millis(n.Served)).Bool("by_hand", true).
			Msg(human.Dots(fmt.Sprintf("generation %d serves again", n.To), fmt.Sprintf("rolled back from %d", n.Gen), p.waiting()))
		return
	}
	p.fail("rolled-back").Int("gen", int(n.Gen)).Int("to", int(n.To)).Str("exit", n.Exit.String()).
		Int("left", n.Left).Float64("served_ms", human.Millis(n.Served)).Bool("by_hand", false).
		Str("quote", n.Post.Quote).Str("place", n.Post.Place).Strs("stderr", n.Post.Last).
		Msg(human.Dots(crash(n.Gen, n.Post, n.Left), "after "+human.Duration(n.Served), n.Post.Cause(), fmt.Sprintf("generation %d serves again", n.To), p.waiting()))
}

func (p *Printer) notListening(n report.NoticeNotListening) {
	if n.NeedsDebugger {
		n.Unready = cmp.Or(n.Unready, stopped(n.Debuggers, true))
	}
	text := late(n.Gen, n.After, n.Unready)
	if n.Unready == "" {
		text += "; that is fine if it is not a server" + human.If(len(n.Debuggers) > 0, ", or if it is stopped in a debugger at "+join(n.Debuggers))
	}
	level := zerolog.InfoLevel
	if p.silent && n.Unready == "" {
		level = zerolog.DebugLevel // said already of the one before
	}
	p.at(level, "not-listening").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.After)).Str("unready", n.Unready).Msg(text)
	p.silent = p.silent || n.Unready == ""
	p.hint()
}

// late says that a boot takes long.
func late(gen report.GenID, after time.Duration, unready string) string {
	if unready != "" {
		return fmt.Sprintf("generation %d is not ready after %s: %s", gen, human.Duration(after), unready)
	}
	return fmt.Sprintf("generation %d has not listened after %s", gen, human.Duration(after))
}

func (p *Printer) waits(n report.NoticeWaits) {
	p.info("waits").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).
		Msgf("generation %d waits for a debugger at %s", n.Gen, n.Endpoint.Short())
}

func (p *Printer) cutover(n report.NoticeCutover) {
	if n.Err != nil {
		p.fail("cutover").Int("gen", int(n.Gen)).Err(n.Err).
			Msgf("new connections may still reach an old generation: %v", n.Err)
		return
	}
	p.debug("cutover").Int("gen", int(n.Gen)).Int64("took_us", n.Took.Microseconds()).
		Msgf("new connections go to generation %d after %s", n.Gen, human.Duration(n.Took))
}

// draining prints the state of a drain: each change with --verbose, and now and then
// why a drain takes long.
func (p *Printer) draining(n report.NoticeDraining) {
	level, lasts := zerolog.DebugLevel, ""
	if n.Live {
		level, lasts = zerolog.InfoLevel, "for "+human.Duration(n.Lasts)
	}
	what := fmt.Sprintf("%s, %d busy", human.Count(n.Report.Connections, "connection"), n.Report.Busy)
	if n.Report.Connections == 0 {
		what = "no connection left"
	}
	p.at(level, "draining").Int("gen", int(n.Gen)).Int("connections", n.Report.Connections).
		Int("busy_connections", n.Report.Busy).Int("streams", n.Report.Streams).
		Int("flowing", n.Report.Flowing).Int("stays", n.Report.Stays).Int("waiting", n.Report.Waiting).
		Float64("lasts_ms", human.Millis(n.Lasts)).Ints("waits_for", n.WaitsFor[:min(len(n.WaitsFor), maxPIDs)]).
		Msg(human.Dots(fmt.Sprintf("draining generation %d", n.Gen), what, holding(n.Report.Streams),
			human.If(n.Report.Waiting > 0, human.Count(n.Report.Waiting, "client")+" not accepted yet"), waitsFor(n.WaitsFor), lasts))
}

// cuts says for each reason why a generation had to stop although something was under way.
var cuts = map[report.Cut]string{
	report.CutDrainTimeout:  ": see --drain-timeout",
	report.CutStreamTimeout: ": see --stream-timeout",
	report.CutFourth:        ", because a fourth old generation stays for answers",
	report.CutLimit:         ", because 32 newer generations drain: see --drain-timeout",
}

// drained prints how a generation has ended, and what that cut. A program that handled the stop signal may have finished
// what it had: nobody knows.
func (p *Printer) drained(n report.NoticeDrained) {
	r, took := n.Report, human.Duration(n.Took)
	if !n.Busy && !n.Killed {
		r.Busy, r.Flowing, r.Stays, r.Waiting = 0, 0, 0, 0
	}
	level, end, cut := zerolog.InfoLevel, "drained", max(r.Flowing, r.Busy-r.Stays)
	stays := min(r.Stays, max(r.Busy-cut, r.Stays-r.Flowing)) // an answer that flows may be one of these, too
	switch {
	case n.Killed:
		level, end = zerolog.WarnLevel, "killed"
	case stays > 0:
		end = "stopped"
	case r.Busy+r.Waiting > 0, n.Forced && r.Connections > 0:
		end = "ended"
	}
	if !n.Forced {
		cut, stays = 0, 0
	}
	if cut+stays > 0 && n.Cut != report.CutStop {
		level = zerolog.WarnLevel
	}
	what := ""
	switch {
	case p.stoppingNow:
	case cut > 0:
		what, took = fmt.Sprintf("%s cut after %s%s", human.Count(cut, "answer"), took, cuts[n.Cut]), ""
	case n.Killed && r.Busy == 0: // nothing was under way when it was told to stop
		what = "it ignored " + options.SignalName(cmp.Or(p.stopSignal, syscall.SIGTERM))
	case !n.Forced && r.Busy > 0 && n.Cut != "":
		what, took = fmt.Sprintf("told to stop amid %s after %s%s", human.Count(r.Busy, "answer"), took, cuts[n.Cut]), ""
	case n.Forced && r.Busy == 0 && r.Connections > 0: // WebSockets on which nobody sent, and kept connections
		what = human.Count(r.Connections, "silent connection") + " cut"
	}
	p.at(level, "drained").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.Took)).
		Bool("killed", n.Killed).Bool("busy", n.Busy).Int("moved", n.Report.Moved).
		Int("cut", cut).Int("stays", stays).Int("flowing", n.Report.Flowing).Str("why", string(n.Cut)).
		Msg(human.Dots(fmt.Sprintf("generation %d %s", n.Gen, end), human.If(r.Moved > 0, human.Count(r.Moved, "request")+" moved"), took, what,
			human.If(stays > 0 && !p.stoppingNow, human.Count(stays, "connection")+" in use cut: see limits")))
}

const foreground = "run it in the foreground, for example: nginx -g 'daemon off;'"

// background prints what becomes of a daemon, a program that goes into the background:
// its processes are ended when the first one ends with code 0.
func (p *Printer) background(left int) {
	if left > 0 {
		p.warn("background").Int("left", left).
			Msgf("%s ended too, because the program went into the background; %s", human.Count(left, "process"), foreground)
	}
}

func (p *Printer) stopping(n report.NoticeStopping) {
	text := "stopping"
	if n.Now {
		p.stoppingNow = true
		text = "stopping at once"
	} else if n.In > 0 {
		text = fmt.Sprintf("stopping in %s; repeat to stop earlier", human.Duration(n.In))
	} else if n.Alive > 0 {
		text = "draining, then stopping; repeat to stop at once"
	}
	p.info("stopping").Int("alive", n.Alive).Bool("now", n.Now).Float64("in_ms", human.Millis(n.In)).Msg(text)
}
