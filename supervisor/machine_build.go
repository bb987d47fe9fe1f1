package supervisor

import (
	"slices"
	"time"
)

// A build is the steps that run before a start: commands that make what the next generation
// runs, such as a compiler, a generator or a migration. It runs beside whatever runs: until it
// has succeeded the request changes nothing, unless a step asks to be alone. A restart after a
// crash, a rollback and the first generation after an upgrade need no build, since nothing has
// changed.

// build is a build that is under way, as facts.
type build struct {
	id      int
	steps   []Step        // all of it, in order
	request *startRequest // what it is for; nil once it was told to end
	next    *startRequest // what the next build is for, which begins when nothing of this one is left
	cause   Cause         // of the request
	files   []string      // of the request
	since   time.Time
	alone   aloneState
	waits   bool // it has not begun, because packages are being installed
	yields  bool // it was told to end after the step that runs, see fxYieldBuild; request is nil
}

// aloneState says whether a step waits until no generation is left.
type aloneState uint8

const (
	aloneNo      aloneState = iota
	aloneAsked              // generations are ending
	aloneGranted            // none is left, and none begins
)

// stopped reports whether the build was told to end, so that its result does not matter.
func (b *build) stopped() bool { return b.request == nil }

// BuildFailure says which command of a build failed, and how.
type BuildFailure struct {
	Command string
	Name    string // of the step, see [Step]
	step    Step
	Exit    Exit
	Err     error // the command could not be run; else nil
	Post    PostMortem
}

// code is what hotswap ends with when nothing was ever built.
func (f BuildFailure) code() int {
	if f.Err != nil {
		return notStarted
	}
	return exitCode(f.Exit)
}

// requestBuild asks for a fresh generation of what is on disk now: once the steps before it
// have run, if there are any. The latest request wins: a build that is under way ends, at once
// if the step that runs is one of the request's, since it has read files that have changed.
// Else after that step, so that no save kills a migration that it does not concern. What the
// build has not finished runs again, beside what the request adds.
func (m *machine) requestBuild(r startRequest) {
	r.steps, m.owed = mergeSteps(m.owed, r.steps), nil
	b := m.build
	switch {
	case b == nil && len(r.steps) == 0:
		m.finishBuild(r)
	case b == nil:
		m.beginBuild(r)
	case b.waits:
		b.request.merge(r)
		b.steps = b.request.steps
	case b.yields:
		b.next.merge(r)
		m.emit(fxYieldBuild{build: b.id, to: concerned(r.steps)})
	case b.next != nil:
		b.next.merge(r)
	case b.stopped():
		b.next = &r
	default:
		b.next, b.request, b.yields = b.request, nil, true
		b.next.steps = nil // those that are not done join when the build has ended
		b.next.merge(r)
		m.emit(fxYieldBuild{build: b.id, to: concerned(r.steps)})
	}
}

func (m *machine) beginBuild(r startRequest) {
	m.builds++
	if m.packagesIncomplete() {
		m.build = &build{id: m.builds, steps: r.steps, request: &r, since: m.now, waits: true}
		return
	}
	m.build = &build{id: m.builds, steps: r.steps, request: &r, cause: r.cause, files: slices.Clone(r.files), since: m.now}
	m.tell(NoticeBuilding{Build: m.build.id, Cause: r.cause, Files: slices.Clone(r.files), Steps: r.steps})
	m.emit(fxBuild{build: m.build.id, steps: r.steps})
}

// beginWaiting begins a build that has waited for packages.
func (m *machine) beginWaiting() {
	if b := m.build; b != nil && b.waits && !m.stopping {
		m.build = nil // it does not install
		if m.packagesIncomplete() {
			m.build = b
			return
		}
		m.builds--
		m.beginBuild(*b.request)
	}
}

// buildEnded starts what was built, or leaves everything as it is.
func (m *machine) buildEnded(ev evBuilt) {
	b := m.build
	if b == nil || b.id != ev.build {
		m.tally.Stale++
		return
	}
	m.build = nil
	took := m.now.Sub(b.since)
	m.built = keepBuilds(append(m.built, BuildLife{Build: b.id, Began: b.since, Ended: m.now, Succeeded: !b.stopped() && ev.failure == nil}))
	switch {
	case b.stopped():
		left := without(b.steps, ev.done)
		if ev.failure == nil || !b.yields {
			m.tell(NoticeBuilt{Build: b.id, Took: took, Ended: true})
		} else { // of a step that the newer request does not concern
			left = without(left, []Step{ev.failure.step})
			m.tally.Failed++
			m.tell(NoticeBuildFailed{Build: b.id, Cause: b.cause, Files: b.files, Failure: *ev.failure, Took: took, Next: m.besideBuild(b)})
		}
		if b.next == nil {
			m.owed = mergeSteps(m.owed, left)
			return
		}
		b.next.addRan(took, without(ev.done, ev.unneeded))
		b.next.steps = mergeSteps(left, b.next.steps)
		if len(b.next.steps) > 0 {
			m.beginBuild(*b.next)
		} else {
			m.finishBuild(*b.next)
		}
	case ev.failure != nil:
		// The step that failed is tried again when its own files change.
		m.owed = without(without(b.steps, ev.done), []Step{ev.failure.step})
		m.buildFailed(b, *ev.failure)
	default:
		b.request.addRan(took, without(b.steps, ev.unneeded))
		m.tell(NoticeBuilt{Build: b.id, Took: took, Steps: b.request.ran, Only: b.request.only})
		m.finishBuild(*b.request)
	}
}

// besideBuild decides what follows a step that failed beside a newer request.
func (m *machine) besideBuild(b *build) Next {
	switch s := m.serving(); {
	case b.next == nil || !b.next.only:
		return Next{Kind: NextStart}
	case s != nil:
		return Next{Kind: NextKeeps, Gen: s.ID}
	}
	return Next{Kind: NextWait}
}

// finishBuild starts what has been built, unless only the steps were asked for. No command
// asks for these alone, so no caller waits.
func (m *machine) finishBuild(r startRequest) {
	m.callThen(&r)
	if !r.only {
		r.steps = nil
		m.request(r)
	}
}

// standAlone ends all generations, because a step of the build wants to be alone. What was
// starting is for the build's request, too. No generation begins before the build has ended.
func (m *machine) standAlone(ev evBuildAlone) {
	b := m.build
	if b == nil || b.id != ev.build || b.stopped() && !b.yields {
		m.tally.Stale++
		return
	}
	if b.alone = aloneAsked; len(m.gens) == 0 {
		return
	}
	m.tell(NoticeAlone{Build: b.id, Step: ev.step})
	request := b.request
	if b.yields {
		request = b.next
	}
	request.only = false // what ends now has to start again
	if g := m.starting(); g != nil {
		old := g.request()
		m.dismiss(g, m.last+1)
		m.superseded(g)
		request.merge(old)
	}
	if h := m.held(); h != nil {
		m.retire(h, h.Successor)
	}
	if s := m.serving(); s != nil {
		m.leaveEndpoints(s)
		m.retire(s, 0)
	}
}

// grantAlone lets the step go on that waits until no generation is left.
func (m *machine) grantAlone() {
	if b := m.build; b != nil && b.alone == aloneAsked && (b.yields || !b.stopped()) && len(m.gens) == 0 {
		b.alone = aloneGranted
		m.emit(fxBuildGoesOn{build: b.id})
	}
}

// starts reports whether a generation begins when the build, or the one after it, succeeds.
func (b *build) starts() bool {
	return b != nil && (b.request != nil && !b.request.only || b.next != nil && !b.next.only)
}

// ownsAll reports whether a step of the build wants no generation beside it.
func (b *build) ownsAll() bool { return b != nil && b.alone != aloneNo }

// callThen calls what waited for the end of the request's steps.
func (m *machine) callThen(r *startRequest) {
	if len(r.then) > 0 {
		m.emit(fxThen{r.then})
		r.then = nil
	}
}

// keepBuilds forgets the oldest build when there are too many, but not the last that
// succeeded: that one made what runs.
func keepBuilds(builds []BuildLife) []BuildLife {
	if len(builds) <= maxLives {
		return builds
	}
	oldest := 0
	if !slices.ContainsFunc(builds[1:], func(b BuildLife) bool { return b.Succeeded }) {
		oldest = 1
	}
	return slices.Delete(builds, oldest, oldest+1)
}

// buildFailed gives up what the build was for. What runs is not touched, and what is due
// for another reason goes on.
func (m *machine) buildFailed(b *build, f BuildFailure) {
	m.tally.Failed++
	m.callThen(b.request)
	n := NoticeBuildFailed{
		Build: b.id, Cause: b.request.cause, Files: slices.Clone(b.request.files),
		Failure: f, Took: m.now.Sub(b.since), Next: m.afterBuild(f),
	}
	m.tell(n)
	if n.Next.Kind == NextDone {
		m.tellStopping()
	}
	m.answer(b.request.tokens, Result{Outcome: OutcomeFailed, Why: WhyBuild, Build: &f})
}

// afterBuild decides what follows a build that failed.
func (m *machine) afterBuild(f BuildFailure) Next {
	s, g := m.serving(), m.starting()
	switch {
	case s != nil:
		return Next{Kind: NextKeeps, Gen: s.ID}
	case g != nil:
		return Next{Kind: NextRuns, Gen: g.ID}
	case m.requested != nil:
		return Next{Kind: NextStart}
	case m.repair != nil:
		return Next{Kind: NextRestart, In: m.repairAt.Sub(m.now)}
	case m.policy.ExitOnCrash, !m.policy.Watching && !m.everServed:
		m.end(f.code()) // as after a boot that failed
		return Next{Kind: NextDone}
	}
	return Next{Kind: NextWait}
}

// stopBuild ends the build that is under way. With now it is killed.
func (m *machine) stopBuild(now bool) {
	b := m.build
	if b == nil || b.stopped() && !b.yields && !now {
		return
	}
	if b.waits {
		m.build = nil
		return
	}
	b.request, b.yields = nil, false
	m.emit(fxStopBuild{build: b.id, now: now})
}

// forgetBuilds gives up the build that is under way and the one that is due, with r for
// the callers that wait for them.
func (m *machine) forgetBuilds(r Result) {
	if m.build == nil {
		return
	}
	for _, request := range []*startRequest{m.build.request, m.build.next} {
		if request != nil {
			m.answer(request.tokens, r)
			m.callThen(request)
		}
	}
	if next := m.build.next; next != nil {
		m.owed = mergeSteps(m.owed, next.steps)
	}
	if m.build.waits {
		m.owed = mergeSteps(m.owed, m.build.steps)
	}
	m.build.next = nil
	m.stopBuild(false)
}

// status is the build as hotswap status prints it.
func (b *build) status() *BuildStatus {
	s := &BuildStatus{State: BuildRunning, Started: b.since, Cause: "unknown", Files: []string{}}
	r := b.request
	if b.stopped() {
		s.State, r = BuildEnding, b.next
	}
	if r != nil {
		s.Cause, s.Files = string(r.cause), append(s.Files, r.files...)
	}
	return s
}
