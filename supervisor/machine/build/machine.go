// Package build decides when the steps before a start run. A build is the steps of one request:
// commands that make what the next generation runs, such as a compiler, a generator or a migration.
//
// A build runs beside whatever runs: until the build has succeeded, its request changes nothing, unless a step asks to
// be alone. Then every generation ends before that step runs. A restart after a crash, a rollback and the first
// generation after an upgrade need no build, since nothing has changed.
//
// At most one build is under way. It runs, yields or ends, until it is over:
//
//	running ──▶ yielding ──▶ over
//	   │            │          ▲
//	   └────────────┴─▶ ending ┘
//
// A build that is running may be over without an arrow in between: its steps have run, or one has failed.
//
// The latest request wins. It makes a running build yield: the build ends at once if the step that
// runs is one of the request's, since that step has read files that have changed; else after that
// step, so that no save kills a migration that the save does not concern. The next build runs what
// the build has not finished, beside what the request adds. A stop or a rollback makes a build end.
//
// The machine is pure: no I/O, no goroutine and no clock. The machine of generations owns the
// [Machine], calls the methods and shares the list of effects.
package build

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// phase is how far a build is.
type phase uint8

const (
	running  phase = iota
	yielding       // the build was told to end after the step that runs
	ending         // the build was told to end
)

// aloneness says whether a step waits until no generation is left.
type aloneness uint8

const (
	aloneNo      aloneness = iota
	aloneAsked             // generations are ending
	aloneGranted           // none is left, and none begins
)

// build is the build that is under way.
type build struct {
	report.Origin // of the request that began the build
	id            int
	phase         phase
	steps         []report.Step // all of the build, in order
	begun         int           // how many of them have begun: the last one runs
	done          []report.Step // that have succeeded, or were not needed
	ran           []report.Step // those of done whose commands have run
	since         time.Time
	alone         aloneness

	// request is what the build is for; of a build that yields or ends, what the next one is for. Nil:
	// no build follows the one that ends.
	request *Request
}

// runs returns the step that runs.
func (b *build) runs() report.Step { return b.steps[b.begun-1] }

// writes reports whether a step may write files.
func (b *build) writes() bool {
	return slices.ContainsFunc(b.steps, func(s report.Step) bool { return s.Name != report.Check })
}

// life returns the build's history; zero: it has not ended.
func (b *build) life(ended time.Time) report.BuildLife {
	return report.BuildLife{Build: b.id, Began: b.since, Ended: ended, Only: b.request != nil && b.request.Only}
}

// stopped reports whether the build was told to end, so that its result does not matter.
func (b *build) stopped() bool { return b.phase >= yielding }

// Machine decides about builds. [New] returns one.
type Machine struct {
	build *build        // that is under way; nil: none is
	count int           // the number of the newest build
	owed  []report.Step // behind a step that failed: they did not run, and come before the next start that is asked for
	// failed are steps whose last run has failed: their next run is for the files of that run, too.
	failed []report.Step
	past   []report.BuildLife
	fails  int // of steps

	out *sum.Effects
}

// New returns a machine that has begun nothing.
func New(out *sum.Effects) Machine { return Machine{out: out} }

// Request asks for a start of what is on disk now, once the steps before the start have run.
// Request returns the request if no step has to run, so that the start may begin.
func (m *Machine) Request(r Request, now time.Time) (start *Request) {
	r.Steps, m.owed = mergeSteps(m.owed, r.Steps), nil
	b := m.build
	if b == nil {
		return m.startBuild(r, now)
	}
	if b.phase == running {
		b.phase = yielding
		b.request.Steps = nil // those that are not done join when the build has ended
	}
	if b.request == nil {
		b.request = &r
	} else {
		b.request.Merge(r)
	}
	concerned := func(s report.Step) bool { return !s.Owed && s.Is(b.runs()) }
	if b.phase == yielding && slices.ContainsFunc(r.Steps, concerned) {
		m.out.Emit(Stop{Build: b.id})
	}
	return nil
}

// startBuild begins a build. Without steps there is no build, and startBuild returns the request that may start.
func (m *Machine) startBuild(r Request, now time.Time) (start *Request) {
	if len(r.Steps) == 0 {
		return m.finish(r)
	}
	r.Steps, m.failed = withFiles(r.Steps, m.failed), stepsWithout(m.failed, r.Steps)
	m.count++
	b := &build{id: m.count, steps: r.Steps, request: &r, since: now, Origin: r.Origin}
	m.build = b
	m.out.Notify(report.NoticeBuilding{Origin: b.Origin, Build: b.id, Steps: b.steps})
	m.runNext()
	return nil
}

// runNext runs the next step of the build.
func (m *Machine) runNext() {
	m.build.begun++
	m.out.Emit(Run{Build: m.build.id, Step: m.build.runs()})
}

// Advance lets the step run that waits until no generation is left; alive is how many have processes that may run.
func (m *Machine) Advance(alive int) {
	b := m.build
	if b != nil && b.alone == aloneAsked && b.phase != ending && alive == 0 {
		b.alone = aloneGranted
		m.out.Emit(GoOn{Build: b.id})
	}
}

// Failed has the notice of a failed build, which nobody has got yet, and the callers that wait.
type Failed struct {
	Notice report.NoticeBuildFailed // complete but for Next
	Tokens []report.Token
}

// End handles the end of a step: the next one runs, or the request of the build may start, or has failed, or the next
// build starts.
func (m *Machine) End(ev Ended, now time.Time) (start *Request, failed *Failed) {
	b := m.build
	if b == nil || b.id != ev.Build {
		return nil, nil
	}
	if ev.Done {
		b.done = append(b.done, b.runs())
		if !ev.Unneeded {
			b.ran = append(b.ran, b.runs())
		}
		if b.phase == running && b.begun < len(b.steps) {
			m.runNext()
			return nil, nil
		}
	}
	m.build = nil
	if b.writes() {
		m.past = append(m.past, b.life(now))
		m.past = m.past[max(0, len(m.past)-report.MaxLives):]
	}
	took, left := now.Sub(b.since), stepsWithout(b.steps, b.done)
	n := report.NoticeBuildFailed{Origin: b.Origin, Build: b.id, Took: took}
	fails := ev.Failure != nil && b.phase != ending
	if fails { // the step runs again when its own files change
		n.Failure = *ev.Failure
		left = stepsWithout(left, []report.Step{n.Failure.Step})
		m.fails++
		m.failed = append(m.failed, n.Failure.Step)
	}
	switch {
	case !b.stopped() && fails:
		m.owed, n.Origin = left, b.request.Origin
		return nil, &Failed{Notice: n, Tokens: b.request.Tokens}
	case !b.stopped():
		b.request.addRan(took, b.ran)
		m.out.Notify(report.NoticeBuilt{Build: b.id, Took: took, Steps: b.request.Ran, Only: b.request.Only})
		return m.finish(*b.request), nil
	case fails: // of a step that the newer request does not concern
		n.Next.Kind = report.NextStart
		if b.request.Only {
			n.Next.Kind = report.NextWait
		}
		m.out.Notify(n)
	default:
		m.out.Notify(report.NoticeBuilt{Build: b.id, Took: took, Ended: true})
	}
	if b.request == nil {
		m.owed = mergeSteps(m.owed, left)
		return nil, nil
	}
	b.request.addRan(took, b.ran)
	b.request.Steps = mergeSteps(left, b.request.Steps)
	return m.startBuild(*b.request, now), nil
}

// finish returns what has been built, unless only the steps were asked for. No command asks for steps
// alone, so no caller waits.
func (m *Machine) finish(r Request) *Request {
	if r.Only {
		return nil
	}
	r.Steps = nil
	return &r
}

// AskAlone notes that a step waits until no generation is left. The caller ends the generations, if
// any is left, and joins what they were started for. known reports whether the step is still wanted.
func (m *Machine) AskAlone(ev Alone, alive int) (known bool) {
	b := m.build
	if b == nil || b.id != ev.Build || b.phase == ending {
		return false
	}
	b.alone = aloneAsked
	if alive > 0 {
		b.request.Only = false // what ends now has to start again
		m.out.Notify(report.NoticeAlone{Build: b.id, Step: b.runs()})
	}
	return true
}

// Join adds to the build's request what a boot was for that has ended because a step is alone.
func (m *Machine) Join(r Request) { m.build.request.Merge(r) }

// Discard gives up the build that is under way and the one that is due. The callers get r.
func (m *Machine) Discard(r report.Result) {
	b := m.build
	if b == nil {
		return
	}
	if b.request != nil {
		m.out.Answer(b.request.Tokens, r)
		if b.phase != running { // of a build that runs, those that are left are known at the end
			m.owed = mergeSteps(m.owed, b.request.Steps)
		}
	}
	b.request = nil
	if b.phase != ending {
		b.phase = ending
		m.out.Emit(Stop{Build: b.id})
	}
}

// Kill ends the build at once. Discard came before.
func (m *Machine) Kill() {
	if b := m.build; b != nil {
		m.out.Emit(Stop{Build: b.id, Now: true})
	}
}

// Busy reports whether a build is under way.
func (m *Machine) Busy() bool { return m.build != nil }

// Begun reports whether any build has begun so far.
func (m *Machine) Begun() bool { return m.count > 0 }

// Starts reports whether a generation begins when the build, or the one after that, succeeds.
func (m *Machine) Starts() bool {
	return m.build != nil && m.build.request != nil && !m.build.request.Only
}

// OwnsAll reports whether a step of the build wants no generation beside it.
func (m *Machine) OwnsAll() bool { return m.build != nil && m.build.alone != aloneNo }

// Report adds to a status what the machine knows.
func (m *Machine) Report(s *report.Status) {
	s.Builds, s.Owed = slices.Clone(m.past), m.owed
	s.FailedSwaps += m.fails
	b := m.build
	if b == nil {
		return
	}
	if b.writes() {
		s.Builds = append(s.Builds, b.life(time.Time{}))
	}
	now := report.BuildStatus{State: report.BuildRunning, Started: b.since, Cause: "unknown", Files: []string{}}
	if b.stopped() {
		now.State = report.BuildEnding
	}
	if b.request != nil {
		now.Cause, now.Files = string(b.request.Cause), append(now.Files, b.request.Files...)
	}
	s.Build = &now
}
