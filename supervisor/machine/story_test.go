package machine

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var (
	aPath = handoff.Endpoint{Network: "unix", Path: "/run/app.sock"}
	portA = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}
	portB = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4001")}
	portD = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:9229")}
)

const StopFirst = policy.StopFirst

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// story tells a machine what happens, checks every invariant after each step and
// writes down the events from which something follows, with what the machine wants.
type story struct {
	t   *testing.T
	m   *Machine
	a   *auditor
	now time.Time
	log strings.Builder

	building build.Run     // the step that runs, and was not told to end
	always   []report.Step // before each start that is asked for
}

// These events of stories stand for those that the loop reports of connections.
type (
	// Flowing: so many answers of a draining generation are being sent and read.
	Flowing struct {
		Gen     GenID
		Answers int
	}
	// Drained: nothing of a draining generation is busy any more, and the program has handled that.
	Drained struct {
		Gen       GenID
		Unwatched bool // or the connections cannot be observed
	}
)

func (Flowing) IsEvent(sum.Seal) {}
func (Drained) IsEvent(sum.Seal) {}

var quiet = report.DrainReport{Idle: true, Retired: true}

// everything has each start that is asked for come after a step.
func (s *story) everything() *story {
	s.always, s.a.everything = makes, true
	return s
}

// makes are the steps of a story in which each start is built.
var makes = []report.Step{{Command: "make"}}

// complete adds to an event what the loop adds, and to a step that it is done.
func (s *story) complete(ev Event) Event {
	switch ev := ev.(type) {
	case Request:
		ev.Steps = merged(s.always, ev.Steps)
		return ev
	case build.Ended:
		ev.Done = ev.Failure == nil && s.building.Build == ev.Build
		return ev
	}
	return ev
}

// merged returns the steps of both lists, as a request that both have led to has them.
func merged(a, b []report.Step) []report.Step {
	r := build.Request{Steps: a}
	r.Merge(build.Request{Steps: b})
	return r.Steps
}

func newStory(t *testing.T, p Policy) *story {
	t.Helper()
	s := &story{t: t, m: New(p, Past{}), a: newAuditor(), now: epoch}
	return s
}

// on gives the machine events, all at the same time. An inspection succeeds at once.
func (s *story) on(events ...Event) *story {
	s.t.Helper()
	for _, ev := range events {
		switch ev := ev.(type) {
		case Flowing:
			s.on(Observed{Gen: ev.Gen, Report: report.DrainReport{Busy: ev.Answers, Flowing: ev.Answers}})
			continue
		case Drained:
			s.on(Observed{Gen: ev.Gen, Report: quiet, Over: ev.Unwatched, Unwatched: ev.Unwatched},
				Handled{Gen: ev.Gen})
			continue
		}
		ev = s.complete(ev)
		before := deadlinesOf(s.m)
		effects := s.m.Step(s.now, ev)
		if n := len(effects); n > 0 && effects[n-1] == Effect(EndBeside{}) {
			effects = append(effects[:n-1], s.m.Step(s.now, BesideEnded{})...) // in a story nothing runs beside
		}
		if lines := s.lines(ev, before, effects); len(lines) > 0 {
			fmt.Fprintf(&s.log, "%7.3f %s\n%s\n", s.now.Sub(epoch).Seconds(), sayTick(ev, before, s.now),
				strings.Join(lines, "\n"))
		}
		if err := s.a.check(s.m, s.now, ev, effects); err != nil {
			s.t.Fatalf("invariant: %v\n%s", err, s.log.String())
		}
		for _, fx := range effects {
			switch fx := fx.(type) {
			case build.Run:
				s.building = fx
			case build.Stop:
				s.building = build.Run{}
			case standby.Inspect:
				s.on(anInspection(fx.Gen, false, nil))
			}
		}
	}
	return s
}

// lines returns what follows from an event: effects and new deadlines. It leaves out what always follows: that what is
// gone is discarded after all notices, and the deadlines that come with an effect.
func (s *story) lines(ev Event, before []dueAt, effects []Effect) (out []string) {
	over, _ := ev.(Gone)
	after := deadlinesOf(s.m)
	var usual []dueAt
	for i, fx := range effects {
		notifies := func(fx Effect) bool { _, is := fx.(Notify); return is }
		switch fx.(type) {
		case Quiet, EndBeside: // before each Handled, and with each StopNow
			continue
		}
		if fx != Effect(Discard{Gen: over.Gen}) || slices.ContainsFunc(effects[i:], notifies) {
			out = append(out, "          "+sayEffect(fx))
		}
		usual = append(usual, s.usual(fx)...)
	}
	for _, d := range after {
		if !slices.Contains(before, d) && !slices.Contains(usual, d) {
			out = append(out, fmt.Sprintf("          arm %d %s %v", d.gen, d.kind, d.at.Sub(s.now)))
		}
	}
	for _, u := range usual {
		if !slices.ContainsFunc(after, func(d dueAt) bool { return d.gen == u.gen && d.kind == u.kind }) {
			out = append(out, fmt.Sprintf("          no %s for %d", u.kind, u.gen))
		}
	}
	return out
}

// usual returns the deadlines that come with an effect by the policy.
func (s *story) usual(fx Effect) []dueAt {
	p := s.m.policy
	switch fx := fx.(type) {
	case Start:
		return []dueAt{{fx.Gen, "ready", s.now.Add(p.ReadyTimeout)}}
	case Drain:
		if fx.Reserve {
			return []dueAt{{fx.Gen, "hold", s.now.Add(p.Probation)}}
		}
		return []dueAt{{fx.Gen, "stop", s.now.Add(p.DrainTimeout - p.KillGrace())},
			{fx.Gen, "kill", s.now.Add(p.DrainTimeout)}}
	}
	return nil
}

// dueAt is one of the machine's deadlines.
type dueAt struct {
	gen  GenID // 0: of the machine itself
	kind string
	at   time.Time
}

// deadlinesOf returns the machine's deadlines, in the order in which a tick acts on them.
func deadlinesOf(m *Machine) (out []dueAt) {
	for _, d := range m.deadlines() {
		if !m.ended && !d.at.IsZero() {
			out = append(out, dueAt{d.gen, d.name, *d.at})
		}
	}
	return out
}

// sayTick says which deadline has passed, if the event is a tick.
func sayTick(ev Event, before []dueAt, now time.Time) string {
	if _, ok := ev.(Tick); ok {
		for _, d := range before {
			if !d.at.After(now) {
				return fmt.Sprintf("%d expired %s", d.gen, d.kind)
			}
		}
	}
	return sayEvent(ev)
}

// after lets time pass. The machine's deadlines pass meanwhile.
func (s *story) after(d time.Duration) *story {
	s.t.Helper()
	end := s.now.Add(d)
	for {
		at := s.m.NextDeadline()
		if at.IsZero() || at.After(end) {
			break
		}
		s.now = later(s.now, at)
		s.on(Tick{})
	}
	s.now = end
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// want compares the log with the golden one and begins a new one.
func (s *story) want(golden string) *story {
	s.t.Helper()
	got := strings.TrimSpace(outdent(s.log.String()))
	if want := strings.TrimSpace(outdent(golden)); got != want {
		s.t.Errorf("the story goes\n%s\n\nwant\n%s", got, want)
	}
	s.log.Reset()
	return s
}

// outdent makes indentation irrelevant.
func outdent(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Join(lines, "\n")
}

// boot starts generation gen, which must be under way, up to its listens.
func (s *story) boot(gen GenID, endpoints ...handoff.Endpoint) *story {
	s.t.Helper()
	s.on(Started{Gen: gen, PID: 100 + int(gen)})
	for _, e := range endpoints {
		s.on(Listening{Gen: gen, Endpoint: e})
	}
	return s
}

// end is a whole tree that ends at once.
func (s *story) end(gen GenID, exit report.Exit) *story {
	s.t.Helper()
	return s.on(Exited{Gen: gen, Exit: exit}, Gone{Gen: gen})
}

// quiet drops what was logged so far.
func (s *story) quiet() *story { s.log.Reset(); return s }

// phase checks the state of the whole.
func (s *story) phase(want string) *story {
	s.t.Helper()
	if got := s.m.Status().State; got != want {
		s.t.Errorf("phase %q, want %q", got, want)
	}
	return s
}

// failedStart is a start of which nothing ever ran.
func failedStart(gen GenID, err error) Event {
	return Started{Gen: gen, Err: cmp.Or(err, errors.New("no such program"))}
}

// anInspection is an inspection that is over.
func anInspection(gen GenID, learn bool, err error) standby.Inspected {
	ev := standby.Inspected{Gen: gen, Learn: learn, Err: err}
	if err == errUnknown {
		ev.Why = standby.Unknown
	}
	return ev
}

var errUnknown = errors.New("nothing is known of the program")
