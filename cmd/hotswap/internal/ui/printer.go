package ui

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
)

// Printer makes one line of each thing that people want to know: fields for
// --log json, prose for the terminal.
type Printer struct {
	Log   zerolog.Logger
	owner func(handoff.Endpoint) (pid int, name string) // who listens there; 0: not known
	now   *bool                                         // told to stop at once: what is cut then is no news
	*keyLines
}

func New(out *AsyncWriter, o options.Options, keys func() bool, owner func(handoff.Endpoint) (pid int, name string)) Printer {
	return Printer{
		Log: newLog(out, o.JSON, o.Verbose), owner: owner, now: new(bool),
		keyLines: &keyLines{out: out, keys: keys, people: !o.JSON, clear: o.Clear, builds: len(o.Build) > 0},
	}
}

// notice takes what the supervisor tells. It runs in the supervisor's loop.
func (l Printer) Notice(n supervisor.Notice) {
	switch n := n.(type) {
	case supervisor.NoticeStarting:
		l.starting(n)
	case supervisor.NoticeServing:
		l.serving(n)
	case supervisor.NoticeRunning:
		l.running(n)
	case supervisor.NoticeDrained:
		l.drained(n)
	case supervisor.NoticeFailed:
		l.failed(n)
	case supervisor.NoticeCrashed:
		l.crashed(n)
	case supervisor.NoticeCanary:
		l.canary(n)
	case supervisor.NoticeRolledBack:
		l.rolledBack(n)
	case supervisor.NoticeNoRollback:
		l.Log.Warn().Str("event", "no-rollback").Msg("cannot roll back: no older generation can serve any more")
	case supervisor.NoticeHeldEnded:
		l.Log.Warn().Str("event", "held-ended").Int("gen", int(n.Gen)).Str("exit", n.Exit.String()).
			Msgf("generation %d ended by itself (%s): no older generation is left for a rollback", n.Gen, n.Exit)
	case supervisor.NoticeFinished:
		l.Log.Info().Str("event", "finished").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.Took)).
			Msg(human.Dots(fmt.Sprintf("generation %d finished", n.Gen), human.Describe(n.Took), next(n.Next)))
		l.background(n.Left)
	case supervisor.NoticeListening:
		what := "also serves"
		if n.Debugger {
			what = "has its debugger at"
		}
		l.Log.Info().Str("event", "listening").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).
			Msgf("generation %d %s %s", n.Gen, what, n.Endpoint.Short())
	case supervisor.NoticeNotListening:
		l.notListening(n)
	case supervisor.NoticeBlocked:
		l.Log.Info().Str("event", "unix-socket").Int("gen", int(n.Gen)).Int("by", int(n.By)).Str("address", n.Address).
			Msgf("generation %d wants the unix socket %s of generation %d, which stops first", n.Gen, n.Address, n.By)
	case supervisor.NoticeWaits:
		l.waits(n)
	case supervisor.NoticeOutputLost:
		l.outputLost(n)
	case supervisor.NoticeTrackingLost:
		l.Log.Warn().Str("event", "tracking-lost").Int("gen", int(n.Gen)).Err(n.Err).
			Msgf("hotswap cannot see what generation %d listens on, and does not hand it over: %v", n.Gen, n.Err)
	case supervisor.NoticeDrainLimit:
		l.Log.Warn().Str("event", "drain-limit").Int("gen", int(n.Gen)).Bool("busy", n.Busy).
			Msgf("generation %d killed: more than %d generations were draining (--max-draining)", n.Gen, n.Limit)
	case supervisor.NoticeStandby:
		l.standby(n)
	case supervisor.NoticeNoStandby:
		l.noStandby(n)
	case supervisor.NoticeStandbyUnused:
		l.unused(n)
	case supervisor.NoticeBuilding:
		l.building(n)
	case supervisor.NoticeBuilt:
		l.built(n)
	case supervisor.NoticeBuildFailed:
		l.buildFailed(n)
	case supervisor.NoticeRelayed:
		l.relayed(n)
	case supervisor.NoticeStopping:
		l.stopping(n)
	case supervisor.NoticeCutover:
		l.cutover(n)
	case supervisor.NoticeAbandoned:
		l.Log.Info().Str("event", "abandoned").Str("endpoints", join(n.Endpoints)).
			Msgf("%s closed: no generation serves it any more", join(n.Endpoints))
	case supervisor.NoticeDraining:
		l.draining(n)
	case supervisor.NoticeDrainUnwatched:
		l.Log.Warn().Str("event", "drain-unwatched").Int("gen", int(n.Gen)).Err(n.Err).
			Msgf("generation %d stopped at once, because its connections cannot be observed: %v", n.Gen, n.Err)
	case supervisor.NoticeEvent:
		l.event(n.Event)
	}
}

// event prints an event of a transport.
func (l Printer) event(ev handoff.Event) {
	switch n := ev.(type) {
	case handoff.EndpointsClosed:
		l.Log.Warn().Str("event", "abandoned").Str("endpoints", join(n.Endpoints)).Int("limit", n.Limit).
			Msgf("%s closed: the program has closed its listener there, and hotswap is short of descriptors (limit %d: raise ulimit -n)", join(n.Endpoints), n.Limit)
	case handoff.Status:
		l.Log.Debug().Str("event", "status-text").Int("gen", int(n.Gen)).Str("text", n.Text).
			Msgf("generation %d says: %s", n.Gen, n.Text)
	case handoff.AddressInUse:
		l.taken(n)
	case handoff.Elsewhere:
		l.Log.Warn().Str("event", "elsewhere").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).Int("pid", n.PID).
			Msgf("generation %d binds %s in another network namespace (process %d), where hotswap cannot hand it over: start hotswap inside that namespace", n.Gen, n.Endpoint.Short(), n.PID)
	case handoff.Degraded:
		l.Log.Warn().Str("event", "sockets-injected").Int("gen", int(n.Gen)).Err(n.Err).Str("use", n.Use).
			Msgf("%v: hotswap uses %s (see hotswap doctor)", n.Err, n.Use)
	}
}

func (l Printer) serving(n supervisor.NoticeServing) {
	where := join(n.Endpoints)
	text := fmt.Sprintf("generation %d serves %s", n.Gen, strings.TrimSpace(where+" "+n.Unix))
	if where+n.Unix == "" {
		text = fmt.Sprintf("generation %d runs", n.Gen)
	}
	boot := human.Describe(n.Boot)
	if n.Warm {
		boot += ", warm"
	}
	l.silent = false
	l.Log.Info().Str("event", "serving").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).
		Str("endpoints", where).Str("unix", n.Unix).Strs("files", n.Files).Str("ready_by", n.By).
		Float64("boot_ms", human.Millis(n.Boot)).Int64("cutover_us", n.Cutover.Microseconds()).Int("replaces", int(n.Replaces)).
		Bool("warm", n.Warm).Float64("build_ms", human.Millis(n.Build)).
		Msg(human.Dots(text, buildTime(n.Build), boot, because(n.Cause, changed(n.Files))))
	if len(n.Unserved) > 0 {
		l.Log.Warn().Str("event", "unserved").Int("gen", int(n.Gen)).Str("endpoints", join(n.Unserved)).
			Msgf("generation %d does not serve %s, which the previous generation served", n.Gen, join(n.Unserved))
	}
	l.hint()
}

// running tells of a generation that listens on nothing. It may be a server that
// boots slowly, unless the one before listened on nothing for longer than a boot takes.
func (l Printer) running(n supervisor.NoticeRunning) {
	text := fmt.Sprintf("generation %d runs", n.Gen)
	if !l.silent {
		text += ", no port yet"
	}
	l.Log.Info().Str("event", "running").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).Strs("files", n.Files).
		Float64("build_ms", human.Millis(n.Build)).
		Msg(human.Dots(text, buildTime(n.Build), because(n.Cause, changed(n.Files))))
	l.hint()
}

// because is why a generation was begun; change says which change it was.
func because(c supervisor.Cause, change string) string {
	switch c {
	case supervisor.CauseCommand:
		return "on request"
	case supervisor.CauseCrash:
		return "after a crash"
	}
	return change
}

func (l Printer) drained(n supervisor.NoticeDrained) {
	text := fmt.Sprintf("generation %d drained", n.Gen)
	level, cut := zerolog.InfoLevel, ""
	if n.Killed {
		text, level = fmt.Sprintf("generation %d killed", n.Gen), zerolog.WarnLevel
		if n.Busy && !*l.now {
			cut = fmt.Sprintf("still busy (%d connections): see --drain-timeout", n.Report.Busy)
		}
	}
	done := ""
	if n.Report.Finished > 0 {
		done = human.Count(n.Report.Finished, "request") + " finished"
	}
	l.Log.WithLevel(level).Str("event", "drained").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.Took)).
		Bool("killed", n.Killed).Bool("busy", n.Busy).Int("finished", n.Report.Finished).Int("closed", n.Report.Closed).
		Msg(human.Dots(text, done, human.Describe(n.Took), cut))
}

// Failure is the reason why a generation failed.
func Failure(n supervisor.NoticeFailed) string {
	reason := cmp.Or(n.Post.Reason, n.Exit.String()) // an answer to a command has no post-mortem
	switch n.Why {
	case supervisor.WhyExited:
		if n.Unready != "" {
			return reason + " before it was ready: " + n.Unready
		}
		return reason + " before it listened"
	case supervisor.WhyCanary:
		return reason + " during its canary phase"
	case supervisor.WhyTimeout:
		if unready := cmp.Or(n.Unready, stopped(n.Debuggers, false)); unready != "" {
			return "not ready in time: " + unready
		}
		return "did not listen in time"
	case supervisor.WhyNotStarted:
		return n.Err.Error()
	}
	return string(n.Why)
}

func (l Printer) failed(n supervisor.NoticeFailed) {
	if n.Why == supervisor.WhySuperseded {
		l.Log.Debug().Str("event", "superseded").Int("gen", int(n.Gen)).Msgf("generation %d superseded by a newer change", n.Gen)
		return
	}
	l.Log.Error().Str("event", "failed").Int("gen", int(n.Gen)).Str("cause", string(n.Cause)).Str("why", string(n.Why)).
		Str("unready", n.Unready).Strs("stderr", n.Post.Last).
		Str("next", string(n.Next.Kind)).Float64("took_ms", human.Millis(n.After)).
		Msg(human.Dots(fmt.Sprintf("generation %d failed: %s", n.Gen, Failure(n)), human.Describe(n.After), changed(n.Files),
			quote(n.Post.Last), next(n.Next)))
	if h := Hint(n.Err); h != "" {
		l.Log.Info().Str("event", "hint").Msg(h)
	}
	if n.Why == supervisor.WhyExited && n.Exit.Clean() {
		l.background(n.Left)
	}
}

func (l Printer) notListening(n supervisor.NoticeNotListening) {
	if n.Waits {
		n.Unready = cmp.Or(n.Unready, stopped(n.Debuggers, true))
	}
	text := fmt.Sprintf("generation %d has not listened after %s; that is fine if it is not a server", n.Gen, human.Describe(n.After))
	if len(n.Debuggers) > 0 {
		text += ", or if it is stopped in a debugger at " + join(n.Debuggers)
	}
	if n.Unready != "" {
		text = fmt.Sprintf("generation %d is not ready after %s: %s", n.Gen, human.Describe(n.After), n.Unready)
	}
	level := zerolog.InfoLevel
	if l.silent && n.Unready == "" {
		level = zerolog.DebugLevel // said already of the one before
	}
	l.Log.WithLevel(level).Str("event", "not-listening").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.After)).Str("unready", n.Unready).Msg(text)
	l.silent = true
	l.hint()
}

func (l Printer) crashed(n supervisor.NoticeCrashed) {
	text := fmt.Sprintf("generation %d crashed: %s", n.Gen, n.Post.Reason)
	if n.Left > 0 {
		text = fmt.Sprintf("generation %d: its first process ended (%s), %s still running", n.Gen, n.Post.Reason, human.Count(n.Left, "process"))
	}
	if n.Left > 0 && n.Exit.Clean() {
		text += "; if the program goes into the background, " + foreground
	}
	l.Log.Error().Str("event", "crashed").Int("gen", int(n.Gen)).Str("exit", n.Exit.String()).Int("left", n.Left).
		Float64("served_ms", human.Millis(n.Served)).Str("next", string(n.Next.Kind)).Strs("stderr", n.Post.Last).
		Msg(human.Dots(text, "after "+human.Describe(n.Served), quote(n.Post.Last), next(n.Next)))
}

func (l Printer) stopping(n supervisor.NoticeStopping) {
	text := "stopping"
	if n.Now {
		*l.now = true
		text = "stopping at once"
	} else if n.Alive > 0 {
		text = "draining, then stopping; repeat to stop at once"
	}
	l.Log.Info().Str("event", "stopping").Int("alive", n.Alive).Bool("now", n.Now).Msg(text)
}

func (l Printer) cutover(n supervisor.NoticeCutover) {
	if n.Err != nil {
		l.Log.Error().Str("event", "cutover").Int("gen", int(n.Gen)).Err(n.Err).
			Msgf("new connections may still reach an old generation: %v", n.Err)
		return
	}
	l.Log.Debug().Str("event", "cutover").Int("gen", int(n.Gen)).Int64("took_us", n.Took.Microseconds()).
		Msgf("new connections go to generation %d after %s", n.Gen, human.Describe(n.Took))
}

// declared tells which addresses are open already.
func (l Printer) Declared(endpoints []handoff.Endpoint) {
	if len(endpoints) > 0 {
		l.Log.Info().Str("event", "declared").Str("endpoints", join(endpoints)).
			Msgf("%s is open; clients wait until generation 1 serves", join(endpoints))
	}
}

// watched takes what the watcher tells.
func (l Printer) Watched(n watch.Notice) {
	level, state := zerolog.WarnLevel, ""
	switch n.Kind {
	case watch.Installing: // nothing is wrong
		level, state = zerolog.InfoLevel, "waiting"
	case watch.InstallSlow:
		state = "slow"
	case watch.InstallFailed:
		state = "failed"
	}
	if state != "" {
		l.Log.WithLevel(level).Str("event", "installing").Str("path", n.Path).Str("process", n.Name).Str("state", state).Msg(n.String())
		return
	}
	l.Log.Warn().Str("event", "watch").Err(n.Err).Msg(n.String())
}

// quote is what of the program's last lines tells the most.
func quote(last []string) string {
	if text := supervisor.Telling(last); text != "" {
		return `"` + text + `"`
	}
	return ""
}

func next(n supervisor.Next) string {
	switch n.Kind {
	case supervisor.NextKeeps:
		return fmt.Sprintf("generation %d still serves", n.Gen)
	case supervisor.NextStart:
		return "starting a fresh one"
	case supervisor.NextRestart:
		if n.In == 0 {
			return "restarting"
		}
		return "restarting in " + human.Describe(n.In)
	case supervisor.NextWait:
		return "waiting for a change"
	case supervisor.NextRuns:
		return fmt.Sprintf("generation %d goes on", n.Gen)
	}
	return ""
}

// changed names the files of a batch: the first, and how many more.
func changed(files []string) string {
	switch {
	case len(files) == 0:
		return ""
	case len(files) == 1:
		return files[0]
	}
	return fmt.Sprintf("%s and %d more", filepath.ToSlash(files[0]), len(files)-1)
}

func join(endpoints []handoff.Endpoint) string {
	var out []string
	const most = 4
	for i, e := range endpoints {
		if i == most && len(endpoints) > most+1 {
			out = append(out, fmt.Sprintf("and %d more", len(endpoints)-most))
			break
		}
		out = append(out, e.Short())
	}
	return strings.Join(out, " ")
}
