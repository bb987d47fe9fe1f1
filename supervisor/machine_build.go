package supervisor

import (
	"slices"
	"time"
)

// A build makes, from what is on disk, what the next generation runs. It comes before
// every start that was asked for, and runs beside whatever runs: until it has succeeded
// the request changes nothing. A restart after a crash, a rollback and the first
// generation after an upgrade need no build, since nothing has changed.

// build is a build that is under way, as facts.
type build struct {
	id      int
	request *startRequest // what it is for; nil once it was told to end
	next    *startRequest // what the next build is for, which begins when nothing of this one is left
	since   time.Time
}

// stopped reports whether the build was told to end, so that its result does not matter.
func (b *build) stopped() bool { return b.request == nil }

// BuildFailure says which command of a build failed, and how.
type BuildFailure struct {
	Command string
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

// requestBuild asks for a fresh generation of what is on disk now: once that has been
// built, if there is anything to build it with. The latest request wins: a build that is
// under way has read files that have changed since, and is ended.
func (m *machine) requestBuild(r startRequest) {
	if !m.policy.Build {
		m.request(r)
		return
	}
	b := m.build
	switch {
	case b == nil:
		m.beginBuild(r)
	case b.next != nil:
		b.next.merge(r)
	case b.stopped():
		b.next = &r
	default:
		b.next = b.request
		b.next.merge(r)
		m.stopBuild(false)
	}
}

func (m *machine) beginBuild(r startRequest) {
	m.builds++
	m.build = &build{id: m.builds, request: &r, since: m.now}
	m.tell(NoticeBuilding{Build: m.build.id, Cause: r.cause, Files: slices.Clone(r.files)})
	m.emit(fxBuild{build: m.build.id})
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
		m.tell(NoticeBuilt{Build: b.id, Took: took, Ended: true})
		if b.next != nil {
			m.beginBuild(*b.next)
		}
	case ev.failure != nil:
		m.buildFailed(b, *ev.failure)
	default:
		m.tell(NoticeBuilt{Build: b.id, Took: took})
		b.request.build = took
		m.request(*b.request)
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
	case m.policy.ExitOnCrash, !m.policy.Watching:
		m.end(f.code()) // as after a boot that failed
		return Next{Kind: NextDone}
	}
	return Next{Kind: NextWait}
}

// stopBuild ends the build that is under way. With now it is killed.
func (m *machine) stopBuild(now bool) {
	b := m.build
	if b == nil || b.stopped() && !now {
		return
	}
	b.request = nil
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
		}
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
