package supervisor

import (
	"slices"
	"time"
)

// A build makes, from what is on disk, what the next generation runs. It goes
// before every start that somebody wished for, and beside whatever runs: until it
// has succeeded that wish changes nothing. A restart after a crash, a rollback and
// the first generation after a renewal go without, for nothing has changed.

// build is one that is under way, as facts.
type build struct {
	id    int
	want  want // what it is for; empty once it was told to end
	since time.Time
	ended bool // it was told to end: what comes of it is of no interest
}

type (
	// evBuilt: a build is over, and nothing of it runs.
	evBuilt struct {
		build   int
		failure *BuildFailure // nil: it has succeeded
	}

	// fxBuild begins a build. evBuilt follows.
	fxBuild struct{ build int }

	// fxHalt ends a build. With now it comes again, if there is no time.
	fxHalt struct {
		build int
		now   bool
	}
)

func (evBuilt) kind() eventKind { return kindBuilt }
func (fxBuild) effect()         {}
func (fxHalt) effect()          {}

// BuildFailure says which command of a build failed, and how.
type BuildFailure struct {
	Command string
	Exit    Exit
	Err     error // it could not be run; else nil
	Post    PostMortem
}

// code is what hotswap ends with when nothing was ever built.
func (f BuildFailure) code() int {
	if f.Err != nil {
		return notStarted
	}
	return exitCode(f.Exit)
}

// prepare wants a fresh generation of what is on disk now: once that has been
// built, if anything builds it. Latest wins: a build that is under way has read
// what is no more, and is ended.
func (m *machine) prepare(w want) {
	if !m.policy.Build {
		m.request(w)
		return
	}
	m.waiting, w.announced = false, 0
	if b := m.build; b != nil && !b.ended {
		old := b.want
		m.halt(false)
		old.merge(w)
		w = old
	}
	if m.unbuilt == nil {
		m.unbuilt = &w
		return
	}
	m.unbuilt.merge(w)
}

// builds tells whether a build is under way, or due.
func (m *machine) builds() bool { return m.build != nil || m.unbuilt != nil }

// buildNext begins the build that is due, once nothing of another is left.
func (m *machine) buildNext() {
	if m.unbuilt == nil || m.build != nil {
		return
	}
	w := *m.unbuilt
	m.unbuilt = nil
	m.lastBuild++
	m.build = &build{id: m.lastBuild, want: w, since: m.now}
	m.tell(NoticeBuilding{Build: m.build.id, Cause: w.cause, Files: slices.Clone(w.files)})
	m.emit(fxBuild{build: m.build.id})
}

// built starts what was built, or leaves everything as it is.
func (m *machine) built(ev evBuilt) {
	b := m.build
	if b == nil || b.id != ev.build {
		m.tally.Stale++
		return
	}
	m.build = nil
	took := m.now.Sub(b.since)
	m.pastBuilds = append(m.pastBuilds, BuildLife{Build: b.id, Began: b.since, Ended: m.now, Succeeded: !b.ended && ev.failure == nil})
	m.pastBuilds = m.pastBuilds[max(0, len(m.pastBuilds)-maxLives):]
	switch {
	case b.ended:
		m.tell(NoticeBuilt{Build: b.id, Took: took, Ended: true})
	case ev.failure != nil:
		m.buildFailed(b, *ev.failure)
	default:
		m.tell(NoticeBuilt{Build: b.id, Took: took})
		w := b.want
		w.build = took
		m.request(w)
	}
}

// buildFailed gives up what the build was for. What runs is not touched, and what
// is due for another reason goes on.
func (m *machine) buildFailed(b *build, f BuildFailure) {
	m.tally.Failed++
	n := NoticeBuildFailed{
		Build: b.id, Cause: b.want.cause, Files: slices.Clone(b.want.files),
		Failure: f, Took: m.now.Sub(b.since), Next: m.afterBuild(f),
	}
	m.tell(n)
	if n.Next.Kind == NextDone {
		m.tellEnd()
	}
	m.answer(b.want.tokens, Result{Outcome: OutcomeFailed, Why: WhyBuild, Build: &f})
}

// afterBuild decides what follows a build that failed.
func (m *machine) afterBuild(f BuildFailure) Next {
	s, g := m.serving(), m.starting()
	switch {
	case s != nil:
		return Next{Kind: NextKeeps, Gen: s.ID}
	case g != nil:
		return Next{Kind: NextRuns, Gen: g.ID}
	case m.pending != nil:
		return Next{Kind: NextStart}
	case m.restart != nil:
		return Next{Kind: NextRestart, In: m.pause.Sub(m.now)}
	case m.policy.ExitOnCrash, !m.policy.Watching:
		m.end(f.code()) // as after a boot that failed
		return Next{Kind: NextDone}
	}
	m.waiting = true
	return Next{Kind: NextWait}
}

// halt ends the build that is under way, at once if somebody cannot wait.
func (m *machine) halt(now bool) {
	b := m.build
	if b == nil || b.ended && !now {
		return
	}
	b.ended, b.want = true, want{}
	m.emit(fxHalt{build: b.id, now: now})
}

// forgoBuild gives up the build that is under way and the one that is due, with r
// for who waits for them.
func (m *machine) forgoBuild(r Result) {
	if m.build != nil {
		m.answer(m.build.want.tokens, r)
	}
	if m.unbuilt != nil {
		m.answer(m.unbuilt.tokens, r)
	}
	m.unbuilt = nil
	m.halt(false)
}

// status is the build as hotswap status prints it; next is the one that follows it.
func (b *build) status(next *want) *BuildStatus {
	w, state := b.want, BuildRunning
	if b.ended {
		state = BuildEnding
		if next != nil {
			w = *next
		}
	}
	return &BuildStatus{State: state, Started: b.since, Cause: string(w.cause), Files: append([]string{}, w.files...)}
}
