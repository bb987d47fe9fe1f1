package supervisor

import (
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

func sayEvent(ev event) string {
	switch ev := ev.(type) {
	case evRequest:
		switch ev.cause {
		case CauseFirst:
			return "begin"
		case CauseCommand:
			return "command reload"
		}
		return "batch " + strings.Join(ev.files, " ")
	case evCommand:
		return "command " + [...]string{"?", "stop", "stop-now", "rollback", "hand over", "take back"}[ev.cmd]
	case evStarted:
		if ev.err != nil {
			return fmt.Sprintf("%d start failed", ev.gen)
		}
		return fmt.Sprintf("%d started", ev.gen)
	case evListening:
		if ev.unix != "" {
			return fmt.Sprintf("%d listens at %s", ev.gen, ev.unix)
		}
		return fmt.Sprintf("%d listens %s", ev.gen, ev.endpoint.Short())
	case evReady:
		return fmt.Sprintf("%d ready by %s", ev.gen, ev.by)
	case evExtend:
		return fmt.Sprintf("%d asks for %v", ev.gen, ev.by)
	case evExited:
		return fmt.Sprintf("%d ended: %v, %d left", ev.gen, ev.exit, ev.left)
	case evGone:
		return fmt.Sprintf("%d gone", ev.gen)
	case evQuiet:
		return fmt.Sprintf("%d quiet", ev.gen)
	case evDrained:
		return fmt.Sprintf("%d drained", ev.gen)
	case evTick:
		return "tick"
	case evCold:
		return fmt.Sprintf("%d starts plainly", ev.gen)
	case evInspected:
		what := "inspected"
		if ev.learn {
			what = "inspected, to rehearse"
		}
		return strings.TrimSuffix(fmt.Sprintf("%d %s: %v", ev.gen, what, ev.err), ": <nil>")
	case evRehearsed:
		return strings.TrimSuffix(fmt.Sprintf("rehearsed: %v, again %v: %v", ev.why, ev.learn, ev.err), ": <nil>")
	case evStopFirst:
		return "stop first"
	case evInstalling:
		return fmt.Sprintf("packages are installed for %v", ev.limit)
	case evStandbyReady:
		return fmt.Sprintf("%d standby ready", ev.gen)
	case evStandbyEnded:
		return fmt.Sprintf("%d standby ended: %v %v", ev.gen, ev.why, ev.err)
	case evBlocked:
		if ev.by == 0 {
			return fmt.Sprintf("%d goes on", ev.gen)
		}
		return fmt.Sprintf("%d wants %s of %d", ev.gen, ev.address, ev.by)
	case evTrackingLost:
		return fmt.Sprintf("%d lost", ev.gen)
	case evBuildAlone:
		return fmt.Sprintf("build %d wants to be alone", ev.build)
	case evBuilt:
		if ev.failure != nil {
			return fmt.Sprintf("build %d fails: %v", ev.build, ev.failure.Exit)
		}
		return fmt.Sprintf("build %d succeeds", ev.build)
	}
	return fmt.Sprintf("%T", ev)
}

// sayCommands tells the commands of steps other than those of builds.
func sayCommands(steps []Step) (text string) {
	for _, step := range steps {
		if !step.is(makes[0]) {
			text += " " + step.Command
		}
	}
	return text
}

func sayEffect(fx effect) string {
	switch fx := fx.(type) {
	case fxStart:
		how := "start"
		if fx.standby {
			how = "adopt"
		}
		if fx.ahead {
			how = "start held"
		}
		return strings.TrimSpace(fmt.Sprintf("%s %d %v %s", how, fx.gen, fx.cause, strings.Join(fx.files, " ")))
	case fxResume:
		return fmt.Sprintf("resume %d", fx.gen)
	case fxValidate:
		return fmt.Sprintf("validate %d", fx.gen)
	case fxInspect:
		return fmt.Sprintf("inspect %d", fx.gen)
	case fxStartStandby:
		return fmt.Sprintf("start standby %d after %d", fx.gen, fx.model)
	case fxStopStandby:
		return fmt.Sprintf("stop standby %d, now %v", fx.gen, fx.now)
	case fxRehearse:
		return fmt.Sprintf("rehearse after %d", fx.model)
	case fxStopRehearsal:
		return "stop rehearsal"
	case fxBuild:
		return fmt.Sprintf("build %d%s", fx.build, sayCommands(fx.steps))
	case fxBuildGoesOn:
		return fmt.Sprintf("build %d goes on", fx.build)
	case fxYieldBuild:
		return fmt.Sprintf("yield build %d", fx.build)
	case fxStopBuild:
		return fmt.Sprintf("stop build %d, now %v", fx.build, fx.now)
	case fxCutover:
		return fmt.Sprintf("cutover %d", fx.gen)
	case fxRouteDebugger:
		return fmt.Sprintf("route debugger %d %d", fx.gen, fx.endpoint.Port())
	case fxCloseDebuggers:
		return fmt.Sprintf("close debuggers %d %v", fx.gen, shorts(fx.endpoints))
	case fxDrainSignal:
		return fmt.Sprintf("drain signal %d", fx.gen)
	case fxDrain:
		if fx.held {
			return fmt.Sprintf("drain %d held", fx.gen)
		}
		if !fx.steered {
			return fmt.Sprintf("drain %d unrelieved", fx.gen)
		}
		return fmt.Sprintf("drain %d", fx.gen)
	case fxTellDrained:
		return fmt.Sprintf("tell %d that it has drained", fx.gen)
	case fxUndrain:
		return fmt.Sprintf("undrain %d", fx.gen)
	case fxSignal:
		if fx.kill {
			return fmt.Sprintf("kill %d", fx.gen)
		}
		return fmt.Sprintf("signal %d", fx.gen)
	case fxForget:
		return fmt.Sprintf("forget %d", fx.gen)
	case fxNotice:
		return sayNotice(fx.notice)
	case fxReply:
		return fmt.Sprintf("reply %d: %v %d", fx.token, fx.result.Outcome, fx.result.Gen)
	case fxDone:
		return fmt.Sprintf("done %d", fx.code)
	}
	return fmt.Sprintf("%T", fx)
}

func sayNotice(n Notice) string {
	next := func(n Next) string {
		return strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%v %v %d", n.Kind, n.In, n.Gen), " 0"), " 0s")
	}
	switch n := n.(type) {
	case NoticeServing:
		at := fmt.Sprint(shorts(n.Endpoints))
		if n.Unix != "" {
			at += " " + n.Unix
		}
		text := fmt.Sprintf("! %d serves %s for %v after %v by %s, replaces %d, unserved %v", n.Gen, at, n.Cause, n.Boot, n.By, n.Replaces, shorts(n.Unserved))
		if n.Warm {
			text += ", warm"
		}
		return text
	case NoticeRunning:
		return fmt.Sprintf("! %d runs for %v", n.Gen, n.Cause)
	case NoticeListening:
		return fmt.Sprintf("! %d also serves %s", n.Gen, n.Endpoint.Short())
	case NoticeDrained:
		return fmt.Sprintf("! %d drained in %v, busy %v, killed %v", n.Gen, n.Took, n.Busy, n.Killed)
	case NoticeFailed:
		return fmt.Sprintf("! %d failed: %v; %s", n.Gen, n.Why, next(n.Next))
	case NoticeCrashed:
		return fmt.Sprintf("! %d crashed: %v, %d left; %s", n.Gen, n.Exit, n.Left, next(n.Next))
	case NoticeRolledBack:
		return fmt.Sprintf("! %d gave way to %d %v again: %v, %d left, served %v, by hand %v", n.Gen, n.To, shorts(n.Endpoints), n.Exit, n.Left, n.Served, n.ByHand)
	case NoticeNoRollback:
		if n.Told > 0 {
			return fmt.Sprintf("! nothing to roll back to, %d was told", n.Told)
		}
		return "! nothing to roll back to"
	case NoticeHeldEnded:
		return fmt.Sprintf("! %d ended while held: %v", n.Gen, n.Exit)
	case NoticeFinished:
		return fmt.Sprintf("! %d finished; %s", n.Gen, next(n.Next))
	case NoticeNotListening:
		return fmt.Sprintf("! %d has not listened for %v", n.Gen, n.After)
	case NoticeBlocked:
		return fmt.Sprintf("! %d wants %s, so %d stops first", n.Gen, n.Address, n.By)
	case NoticeWaits:
		return fmt.Sprintf("! %d waits for its debugger at %d", n.Gen, n.Endpoint.Port())
	case NoticeTrackingLost:
		return fmt.Sprintf("! %d lost", n.Gen)
	case NoticeDrainLimit:
		return fmt.Sprintf("! %d over the drain limit, busy %v", n.Gen, n.Busy)
	case NoticeStandby:
		return fmt.Sprintf("! %d waits after %v", n.Gen, n.Took)
	case NoticeRehearsed:
		return strings.TrimSuffix(fmt.Sprintf("! rehearsed in %v, again %v: %v", n.Took, n.Learn, n.Err), ": <nil>")
	case NoticeNoStandby:
		return fmt.Sprintf("! no standby for %d: %v, failed %v, again %v, given up %v", n.Gen, n.Err, n.Failed, n.Again, n.GivenUp)
	case NoticeStandbyUnused:
		return fmt.Sprintf("! %d starts cold: %v", n.Gen, n.Err)
	case NoticeBuilding:
		return strings.TrimSpace(fmt.Sprintf("! build %d begins for %v %s", n.Build, n.Cause, strings.Join(n.Files, " ")))
	case NoticeBuilt:
		return fmt.Sprintf("! build %d is over after %v, ended %v", n.Build, n.Took, n.Ended)
	case NoticeBuildFailed:
		return fmt.Sprintf("! build %d failed: %v after %v; %s", n.Build, n.Failure.Exit, n.Took, next(n.Next))
	case NoticeStopping:
		return fmt.Sprintf("! stopping, %d alive, now %v", n.Alive, n.Now)
	}
	return fmt.Sprintf("%T", n)
}

func shorts(list []handoff.Endpoint) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, fmt.Sprint(e.Port()))
	}
	return out
}
