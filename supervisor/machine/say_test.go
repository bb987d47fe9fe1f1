package machine

import (
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/debugger"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func sayEvent(ev Event) string {
	switch ev := ev.(type) {
	case Request:
		switch ev.Cause {
		case report.CauseFirst:
			return "begin"
		case report.CauseCommand:
			return "command reload"
		case report.CauseClient:
			return "a client waits"
		}
		return "batch " + strings.Join(ev.Files, " ")
	case Command:
		if ev.Do == OneAtATime {
			return "stop first"
		}
		return "command " + string(ev.Do)
	case Started:
		if ev.Err != nil {
			return fmt.Sprintf("%d start failed", ev.Gen)
		}
		return fmt.Sprintf("%d started", ev.Gen)
	case Listening:
		return fmt.Sprintf("%d listens %s", ev.Gen, ev.Endpoint.Short())
	case Closed:
		return fmt.Sprintf("%d closed %s", ev.Gen, ev.Endpoint.Short())
	case Ready:
		return fmt.Sprintf("%d ready by %s", ev.Gen, ev.By)
	case Unwell:
		return fmt.Sprintf("%d is unwell: %s", ev.Gen, ev.Why)
	case Exited:
		return fmt.Sprintf("%d ended: %v, %d left", ev.Gen, ev.Exit, ev.Left)
	case Gone:
		return fmt.Sprintf("%d gone", ev.Gen)
	case Observed:
		return fmt.Sprintf("%d has %d answers that flow", ev.Gen, ev.Report.Flowing)
	case Handled:
		return fmt.Sprintf("%d drained", ev.Gen)
	case standby.Waits:
		return fmt.Sprintf("%d standby ready", ev.Gen)
	case standby.Ended:
		return fmt.Sprintf("%d standby ended: %v %v", ev.Gen, ev.Why, ev.Err)
	case build.Ended:
		if ev.Failure != nil {
			return fmt.Sprintf("build %d fails: %v", ev.Build, ev.Failure.Exit)
		}
		return fmt.Sprintf("build %d succeeds", ev.Build)
	}
	return fmt.Sprintf("%T%+v", ev, ev)
}

// sayCommands tells the commands of steps other than those of builds.
func sayCommands(steps []report.Step) (text string) {
	for _, step := range steps {
		if !step.Is(makes[0]) {
			text += " " + step.Command
		}
	}
	return text
}

func sayEffect(fx Effect) string {
	switch fx := fx.(type) {
	case Start:
		how := "start"
		if fx.Standby {
			how = "adopt"
		}
		if fx.Parked {
			how = "start held"
		}
		return strings.TrimSpace(fmt.Sprintf("%s %d %v %s", how, fx.Gen, fx.Cause, strings.Join(fx.Files, " ")))
	case standby.Resume:
		return fmt.Sprintf("resume %d", fx.Gen)
	case standby.Cold:
		return fmt.Sprintf("start %d plainly", fx.Gen)
	case standby.Inspect:
		return fmt.Sprintf("inspect %d", fx.Gen)
	case standby.Start:
		return fmt.Sprintf("start standby %d after %d", fx.Gen, fx.Model)
	case standby.Stop:
		return fmt.Sprintf("stop standby %d, now %v", fx.Gen, fx.Now)
	case build.Run:
		return fmt.Sprintf("build %d%s", fx.Build, sayCommands([]report.Step{fx.Step}))
	case Cutover:
		return fmt.Sprintf("cutover %d", fx.Gen)
	case debugger.Route:
		return fmt.Sprintf("route debugger %d %d", fx.Gen, fx.Endpoint.Port())
	case debugger.Close:
		return fmt.Sprintf("close debuggers %d %v", fx.Gen, shorts(fx.Endpoints))
	case Drain:
		text := fmt.Sprintf("drain %d", fx.Gen)
		if fx.Reserve {
			text += " held"
		} else if fx.To != drain.ToSuccessor {
			text += " unrelieved"
		}
		return text
	case Undrain:
		return fmt.Sprintf("undrain %d", fx.Gen)
	case Signal:
		if fx.Kill {
			return fmt.Sprintf("kill %d", fx.Gen)
		}
		return fmt.Sprintf("signal %d", fx.Gen)
	case Discard:
		return fmt.Sprintf("forget %d", fx.Gen)
	case Notify:
		return sayNotice(fx.Notice)
	case Reply:
		return fmt.Sprintf("reply %d: %v %d", fx.Token, fx.Result.Outcome, fx.Result.Gen)
	case Done:
		return fmt.Sprintf("done %d", fx.Code)
	}
	return fmt.Sprintf("%T%+v", fx, fx)
}

func sayNotice(n report.Notice) string {
	next := func(n report.Next) string {
		text := strings.TrimSuffix(strings.TrimSuffix(fmt.Sprintf("%v %v %d", n.Kind, n.In, n.Gen), " 0"), " 0s")
		if n.Crashes >= report.LoopAfter || n.Crashes > 1 && n.Kind == report.NextDone {
			text += fmt.Sprintf(", %d crashes", n.Crashes)
		}
		return text
	}
	switch n := n.(type) {
	case report.NoticeServing:
		at := fmt.Sprint(shorts(n.Endpoints))
		return fmt.Sprintf("! %d serves %s for %v after %v by %s, replaces %d, unserved %v", n.Gen, at, n.Cause, n.Boot,
			n.By, n.Replaces, shorts(n.Unserved))
	case report.NoticeRunning:
		return fmt.Sprintf("! %d runs for %v", n.Gen, n.Cause)
	case report.NoticeListening:
		return fmt.Sprintf("! %d also serves %s", n.Gen, n.Endpoint.Short())
	case report.NoticeClosed:
		return fmt.Sprintf("! %d closed %s", n.Gen, n.Endpoint.Short())
	case report.NoticeDrained:
		text := fmt.Sprintf("! %d drained in %v, busy %v, killed %v", n.Gen, n.Took, n.Busy, n.Killed)
		if n.Cut != "" && n.Cut != report.CutDrainTimeout {
			text += ", cut by " + string(n.Cut)
		}
		return text
	case report.NoticeAsleep:
		return fmt.Sprintf("! %d sleeps after %v", n.Gen, n.Idle)
	case report.NoticeStays:
		return fmt.Sprintf("! %d stays for %d answers after %v", n.Gen, n.Answers, n.After)
	case report.NoticeFailed:
		return fmt.Sprintf("! %d failed: %v%s; %s", n.Gen, n.Why,
			map[bool]string{true: " although it listens"}[n.Listened], next(n.Next))
	case report.NoticeCrashed:
		return fmt.Sprintf("! %d crashed: %v, %d left; %s", n.Gen, n.Exit, n.Left, next(n.Next))
	case report.NoticeRolledBack:
		return fmt.Sprintf("! %d gave way to %d again: %v, %d left, served %v, by hand %v", n.Gen, n.To, n.Exit, n.Left,
			n.Served, n.ByHand)
	case report.NoticeFinished:
		return fmt.Sprintf("! %d finished; %s", n.Gen, next(n.Next))
	case report.NoticeStandby:
		return fmt.Sprintf("! %d waits after %v", n.Gen, n.Took)
	case report.NoticeStandbyUnused:
		return fmt.Sprintf("! %d cannot use the standby: %v", n.Gen, n.Err)
	case report.NoticeBuilding:
		return strings.TrimSpace(fmt.Sprintf("! build %d begins for %v %s", n.Build, n.Cause,
			strings.Join(n.Files, " ")))
	case report.NoticeBuildFailed:
		return fmt.Sprintf("! build %d failed: %v after %v; %s", n.Build, n.Failure.Exit, n.Took, next(n.Next))
	case report.NoticeStopping:
		return fmt.Sprintf("! stopping, %d alive, now %v", n.Alive, n.Now)
	}
	return fmt.Sprintf("%T%+v", n, n)
}

func shorts(list []handoff.Endpoint) []string {
	out := []string{}
	for _, e := range list {
		if e.IsUnix() {
			out = append(out, e.Path)
			continue
		}
		out = append(out, fmt.Sprint(e.Port()))
	}
	return out
}
