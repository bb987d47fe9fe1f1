package ui

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Printer prints a line about everything that people want to know: prose for a terminal,
// or fields with --log json. Its methods may be called from any goroutine, unless they are
// said to run in the supervisor's loop.
type Printer struct {
	Bell bool // the terminal's bell rings when a save has failed; constant from the first notice on

	logger
	out     *AsyncWriter
	stream  io.Writer                                            // gets each line as JSON
	owner   func(e handoff.Endpoint) (pid int, name, dir string) // which process listens there; pid 0: unknown
	keys    func() bool                                          // reports whether keys are commands now
	json    bool                                                 // --log json
	install func() string                                        // says how to install packages where none is installed; "": some are
	idle    bool                                                 // --no-watch

	stopSignal syscall.Signal   // --stop-signal; 0: SIGTERM
	proxied    handoff.Endpoint // --proxy; zero: there is none

	// Only the supervisor's loop uses these.
	hinted      bool   // the hint about keys was printed
	silent      bool   // the program never listens, so no line says that it serves
	stoppingNow bool   // hotswap stops at once, so connections are cut as expected
	behind      string // why no package is loaded ahead, as it was printed last
	injects     bool   // the line about hotswap's own sockets was printed
}

// New returns a Printer that writes to out, and to events each line as JSON. A write to events does not block.
func New(out *AsyncWriter, events io.Writer, o options.Options, keys func() bool, owner func(e handoff.Endpoint) (pid int, name, dir string), install func() string) *Printer {
	return &Printer{
		logger: newLogger(out, events, o.JSON, o.Verbose),
		out:    out, stream: events, owner: owner, keys: keys, install: install, json: o.JSON, idle: o.NoWatch, stopSignal: o.StopSignal, proxied: o.Proxy,
	}
}

// Notice prints what the supervisor reports. It runs in the supervisor's loop.
func (p *Printer) Notice(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeStarting:
		p.starting(n)
	case report.NoticeBeside:
		p.beside(n)
	case report.NoticeHook:
		p.hook(n)
	case report.NoticeServing:
		p.serving(n)
	case report.NoticeRunning:
		p.running(n)
	case report.NoticeDrained:
		p.drained(n)
	case report.NoticeFailed:
		p.failed(n)
	case report.NoticeCrashed:
		p.crashed(n)
	case report.NoticeRolledBack:
		p.rolledBack(n)
	case report.NoticeNoRollback:
		p.warn("no-rollback").Msg("cannot roll back: no older generation can serve any more; --probation 30s keeps one for longer")
	case report.NoticeHeldEnded:
		p.heldEnded(n)
	case report.NoticeFinished:
		p.finished(n)
	case report.NoticeListening:
		p.listening(n)
	case report.NoticeSlow:
		p.info("slow").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.After)).Str("unready", n.Unready).Msg(late(n.Gen, n.After, n.Unready))
	case report.NoticeNotListening:
		p.notListening(n)
	case report.NoticeWaits:
		p.waits(n)
	case report.NoticeTrackingLost:
		p.warn("tracking-lost").Int("gen", int(n.Gen)).Err(n.Err).
			Msgf("hotswap cannot see what generation %d listens on, and does not hand it over: %v", n.Gen, n.Err)
	case report.NoticeStandby:
		p.standby(n)
	case report.NoticeRehearsed:
		p.rehearsed(n)
	case report.NoticeNoStandby:
		p.noStandby(n)
	case report.NoticeDirect:
		p.direct(n)
	case report.NoticeStandbyUnused:
		p.unused(n)
	case report.NoticeBuilding:
		p.building(n)
	case report.NoticeStep:
		p.step(n)
	case report.NoticeAlone:
		p.alone(n)
	case report.NoticeBuilt:
		p.built(n)
	case report.NoticeBuildFailed:
		p.buildFailed(n)
	case report.NoticeRelayed:
		p.relayed(n)
	case report.NoticeStopping:
		p.stopping(n)
	case report.NoticeCutover:
		p.cutover(n)
	case report.NoticeAbandoned:
		p.abandoned(n)
	case report.NoticeDraining:
		p.draining(n)
	case report.NoticeStays:
		p.info("stays").Int("gen", int(n.Gen)).Int("answers", n.Answers).Float64("lasts_ms", human.Millis(n.After)).
			Msgf("generation %d %s", n.Gen, stays(n.Answers))
	case report.NoticeDrainUnwatched:
		p.warn("drain-unwatched").Int("gen", int(n.Gen)).Err(n.Err).
			Msgf("generation %d stopped at once, because its connections cannot be observed: %v", n.Gen, n.Err)
	case report.NoticeEvent:
		p.event(n.Event)
	}
	if p.Bell && saveFailed(n) && !p.json && term.IsTerminal(2) {
		_, _ = io.WriteString(p.out, "\a")
	}
}

func (p *Printer) heldEnded(n report.NoticeHeldEnded) {
	p.warn("held-ended").Int("gen", int(n.Gen)).Str("exit", n.Exit.String()).
		Msgf("generation %d ended by itself (%s): no older generation is left for a rollback", n.Gen, n.Exit)
}

func (p *Printer) finished(n report.NoticeFinished) {
	p.info("finished").Int("gen", int(n.Gen)).Float64("took_ms", human.Millis(n.Took)).
		Msg(human.Dots(fmt.Sprintf("generation %d finished", n.Gen), human.Duration(n.Took), p.next(n.Next)))
	p.background(n.Left)
}

func (p *Printer) abandoned(n report.NoticeAbandoned) {
	p.info("abandoned").Str("endpoints", join(n.Endpoints)).
		Msgf("%s closed: no generation serves it any more", join(n.Endpoints))
}

func (p *Printer) listening(n report.NoticeListening) {
	what := "also serves"
	if n.Debugger {
		what = "has its debugger at"
	}
	p.info("listening").Int("gen", int(n.Gen)).Str("endpoint", n.Endpoint.Short()).
		Msgf("generation %d %s %s", n.Gen, what, n.Endpoint.Short())
}

// event prints an event of a transport.
func (p *Printer) event(ev handoff.Event) {
	switch n := ev.(type) {
	case handoff.AddressInUse:
		p.addressInUse(n)
	case handoff.Elsewhere:
		p.warn("elsewhere").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).Int("pid", n.PID).
			Msgf("generation %d binds %s in another network namespace (process %d), where hotswap cannot hand it over: start hotswap inside that namespace", n.Gen, n.Endpoint.Short(), n.PID)
	case handoff.PortZero:
		p.warn("port-zero").Int("gen", int(n.Gen)).
			Msgf("generation %d listens only at port 0, for which the kernel chooses another number each time: have it listen at $PORT, and start hotswap with --port auto", n.Gen)
	case handoff.OtherPort:
		p.otherPort(n)
	case handoff.Unshared:
		p.warn("unshared").Int("gen", int(n.Gen)).Str("address", n.Address).Err(n.Err).
			Msgf("two generations cannot have %s: from now on the old one ends before the new one starts (%v)%s", n.Address, n.Err,
				human.If(errors.Is(n.Err, held.ErrOwn), "; if the program can listen at $PORT, --proxy "+n.Address+" keeps the address open"))
	case handoff.Degraded:
		level := zerolog.WarnLevel
		if p.injects {
			level = zerolog.DebugLevel // the machine is the same for every generation
		}
		p.injects = true
		p.at(level, "sockets-injected").Int("gen", int(n.Gen)).Err(n.Err).Str("use", n.Use).
			Msgf("%v: hotswap uses %s (see hotswap doctor)", n.Err, n.Use)
	}
}
