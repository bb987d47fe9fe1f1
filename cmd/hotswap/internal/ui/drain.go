package ui

import (
	"cmp"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// drain prints how drains stand and end, and that hotswap itself ends.
func (p *Printer) drain(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeDraining: // each change with --verbose, and now and then why a drain takes long
		r, level, lasts := n.Report, levelDebug, ""
		if n.Live {
			level, lasts = levelInfo, "for "+human.Duration(n.Lasts)
		}
		what := fmt.Sprintf("%s, %d busy", human.Count(r.Connections, "connection"), r.Busy)
		if r.Connections == 0 {
			what = "no connection left"
		}
		p.at(level, "draining", "gen", n.Gen, "connections", r.Connections,
			"busy_connections", r.Busy, "streams", r.Streams, "flowing", r.Flowing,
			"stays", r.Stays, "waiting", r.Waiting, "lasts_ms", n.Lasts,
			"waits_for", n.WaitsFor[:min(len(n.WaitsFor), maxPIDs)]).
			dots("drains", what, awaitedStreams(r.Streams),
				human.If(r.Waiting > 0, human.Count(r.Waiting, "client")+" not accepted yet"),
				waitsFor(n.WaitsFor), lasts)
	case report.NoticeAsleep:
		p.info("asleep", "gen", n.Gen, "idle_ms", n.Idle).
			saysf("sleeps: nothing to do for %s; the next client starts the program", human.Duration(n.Idle))
	case report.NoticeStays:
		p.info("stays", "gen", n.Gen, "answers", n.Answers, "lasts_ms", n.After).
			dots(stays(n.Answers))
	case report.NoticeDrainUnwatched:
		p.warn("drain-unwatched", "gen", n.Gen, "error", n.Err).
			saysf("stopped at once, because its connections cannot be observed: %v", n.Err)
	case report.NoticeDrained:
		p.drained(n)
	case report.NoticeStopping:
		text := "stopping"
		if n.Now {
			p.stoppingNow = true
			text = "stopping at once"
		} else if n.In > 0 {
			text = "stopping in " + human.Duration(n.In) + "; repeat to stop earlier"
		} else if n.Alive > 0 {
			text = "draining, then stopping; repeat to stop at once"
		}
		p.info("stopping", "alive", n.Alive, "now", n.Now, "in_ms", n.In).Msg(text)
	}
}

// cuts says for each reason why a generation had to stop although something was under way.
var cuts = map[report.Cut]string{
	report.CutDrainTimeout:  ": see --drain-timeout",
	report.CutStreamTimeout: ": see --stream-timeout",
	report.CutLimit:         ", because too many newer generations drain or stay for answers",
}

// drained prints how a generation has ended, and what that cut. A program that handled the stop signal may have
// finished what it had: nobody knows.
func (p *Printer) drained(n report.NoticeDrained) {
	r, took := n.Report, human.Duration(n.Took)
	if !n.Busy && !n.Killed {
		r.Busy, r.Flowing, r.Stays, r.Waiting = 0, 0, 0, 0
	}
	level, end, cut := levelInfo, "drained", max(r.Flowing, r.Busy-r.Stays)
	stays := min(r.Stays, max(r.Busy-cut, r.Stays-r.Flowing)) // an answer that flows may be one of these, too
	switch {
	case n.Killed:
		level, end = levelWarn, "killed"
	case stays > 0:
		end = "stopped"
	case r.Busy+r.Waiting > 0, n.Forced && r.Connections > 0:
		end = "ended"
	}
	if !n.Forced {
		cut, stays = 0, 0
	}
	if cut+stays > 0 && n.Cut != report.CutStop {
		level = levelWarn
	}
	what := ""
	switch {
	case p.stoppingNow:
	case cut > 0:
		what, took = fmt.Sprintf("%s cut after %s%s", human.Count(cut, "answer"), took, cuts[n.Cut]), ""
	case n.Killed && r.Busy == 0: // nothing was under way when it was told to stop
		what = "it ignored " + unix.SignalName(cmp.Or(p.StopSignal, syscall.SIGTERM))
	case !n.Forced && r.Busy > 0 && n.Cut != "":
		what, took = fmt.Sprintf("told to stop with %s in use after %s%s", human.Count(r.Busy, "connection"), took, cuts[n.Cut]),
			""
	case n.Forced && r.Busy == 0 && r.Connections > 0: // WebSockets on which nobody sent, and kept connections
		what = human.Count(r.Connections, "silent connection") + " cut"
	}
	p.at(level, "drained", "gen", n.Gen, "took_ms", n.Took, "killed", n.Killed, "busy", n.Busy,
		"moved", r.Moved, "cut", cut, "stays", stays, "flowing", n.Report.Flowing, "why", n.Cut).
		dots(end, human.If(r.Moved > 0, human.Count(r.Moved, "request")+
			" moved"), took, what,
			human.If(stays > 0 && !p.stoppingNow, human.Count(stays, "connection")+" in use cut: see limits"))
}
