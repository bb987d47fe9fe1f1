package ui

import (
	"cmp"
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// generation prints what happens to a generation, but for its drain.
func (p *Printer) generation(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeServing:
		p.serving(n)
	case report.NoticeRunning:
		p.info("running", "gen", n.Gen, "cause", n.Cause, "files", n.Files, "build_ms", n.Build).
			dots(noPort, buildTime(n.Build, n.Ran), because(n.Cause, changed(n.Files)),
				human.If(p.Idle > 0, "stays awake, because no client could wake it: --idle needs a port"))
		p.hint()
	case report.NoticeFailed:
		p.failed(n)
	case report.NoticeCrashed:
		p.fail("crashed", "gen", n.Gen, "exit", n.Exit, "left", n.Left, "served_ms", n.Served,
			"next", n.Next.Kind, "crashes", n.Next.Crashes, "post", n.Post).
			dots(crash(n.Post, n.Left), "after "+human.Duration(n.Served), n.Post.Cause(), p.next(n.Next))
		p.looping(n.Gen, n.Next)
	case report.NoticeRolledBack:
		level, what := levelFail, crash(n.Post, n.Left)
		switch {
		case n.ByHand:
			level, what = levelInfo, "was rolled back"
		case n.Unwell != "":
			what = "does not answer any more: " + n.Unwell
		}
		p.at(level, "rolled-back", "gen", n.Gen, "to", n.To, "unwell", n.Unwell, "exit", n.Exit, "left", n.Left,
			"served_ms", n.Served, "by_hand", n.ByHand, "post", n.Post).
			dots(what, "after "+human.Duration(n.Served), n.Post.Cause(), fmt.Sprintf("generation %d serves again", n.To), p.waiting())
	case report.NoticeNoRollback:
		p.warn("no-rollback").
			Msg("cannot roll back: no older generation can serve any more; --probation 30s keeps one for longer")
	case report.NoticeFinished:
		p.info("finished", "gen", n.Gen, "took_ms", n.Took).
			dots("finished", human.Duration(n.Took), p.next(n.Next))
		p.background(n.Left)
	case report.NoticeSlow:
		p.info("slow", "gen", n.Gen, "took_ms", n.After, "unready", n.Unready).
			dots(late(n.After, n.Unready, n.MayRun && n.After < 10*time.Second))
	case report.NoticeNotListening:
		unready := cmp.Or(n.Unready, stopped(n.Debuggers))
		p.info("not-listening", "gen", n.Gen, "took_ms", n.After, "unready", unready).
			dots(late(n.After, unready, n.MayRun))
		p.hint()
	case report.NoticeWaits:
		p.info("waits", "gen", n.Gen, "endpoint", n.Endpoint).
			saysf("waits for a debugger at %s", n.Endpoint.Short())
	}
}

func (p *Printer) serving(n report.NoticeServing) {
	where := join(n.Endpoints)
	text := "serves " + where
	if where == "" {
		text = noPort
	}
	p.info("serving", "gen", n.Gen, "cause", n.Cause, "endpoints", where, "files", n.Files, "ready_by", n.By,
		"boot_ms", n.Boot, "cutover_us", n.Cutover.Microseconds(), "replaces", n.Replaces,
		"standby", n.Standby, "build_ms", n.Build).
		dots(text, buildTime(n.Build, n.Ran), human.Duration(n.Boot)+human.If(n.Standby, ", warm"),
			because(n.Cause, changed(n.Files)))
	if len(n.Unserved) > 0 {
		p.warn("unserved", "gen", n.Gen, "endpoints", join(n.Unserved)).
			saysf("does not serve %s, which the previous generation served "+
				"(a program that looks for a free port needs a fixed one)", join(n.Unserved))
	}
	p.hint()
}

func (p *Printer) failed(n report.NoticeFailed) {
	if n.Why == report.WhySuperseded {
		p.info("superseded", "gen", n.Gen, "by", n.By).
			saysf("given up before it served: generation %d takes its place", n.By)
		return
	}
	p.fail("failed", "gen", n.Gen, "cause", n.Cause, "why", n.Why, "files", n.Files, "unready", n.Unready,
		"post", n.Post, "next", n.Next.Kind,
		"crashes", n.Next.Crashes, "took_ms", n.After).
		dots("failed: "+n.Reason, human.Duration(n.After), changed(n.Files),
			n.Post.Cause(), p.next(n.Next))
	p.looping(n.Gen, n.Next)
	if h := p.advice(n); h != "" {
		p.info("hint").Msg(h)
	}
	if n.Why == report.WhyExited && n.Exit.Clean() {
		p.background(n.Left)
	}
}

// crash says how a generation ended. left are its processes that still run.
func crash(post report.PostMortem, left int) string {
	if left > 0 {
		return fmt.Sprintf("has lost its first process (%s), %s still running", post.Reason, human.Count(left, "process"))
	}
	return "crashed: " + post.Reason
}

// looping says once that the program crashes again and again.
func (p *Printer) looping(gen supervisor.GenID, n report.Next) {
	if n.Crashes == report.LoopAfter && n.Kind == report.NextRestart {
		p.fail("crash-loop", "gen", gen, "crashes", n.Crashes, "next_ms", n.In).
			Msgf("crash loop: %d crashes in a row · next try in %s, or at a change", n.Crashes, human.Duration(n.In))
	}
}

// noPort is what a generation does that listens on nothing.
const noPort = "runs (no port)"

// late says that a boot lasts for long, and what to do about a program that may be a worker.
func late(after time.Duration, unready string, worker bool) string {
	if unready != "" {
		return fmt.Sprintf("is not ready after %s: %s", human.Duration(after), unready)
	}
	return "has not listened after " + human.Duration(after) +
		human.If(worker, "; if it is a worker, which never listens, give --ready start")
}

// background prints what becomes of a daemon, a program that goes into the background:
// its processes are ended when the first one ends with code 0.
func (p *Printer) background(left int) {
	if left > 0 {
		p.warn("background", "left", left).
			Msgf(
				"%s ended too, because the program went into the background; run it in the foreground, for example: nginx -g 'daemon off;', astro dev --ignore-lock", human.Count(left, "process"))
	}
}
