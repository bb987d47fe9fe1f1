package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Notice is something a person wants to know: fields, from which the loop makes
// one line. Its slices are the reader's own.
type Notice interface{ notice() }

// Why is the reason why a generation failed.
type Why string

const (
	WhyExited     Why = "exited"      // it ended before it was ready
	WhyTimeout    Why = "timeout"     // it was not ready in time
	WhyNotStarted Why = "not started" // its process could not be started
	WhySuperseded Why = "superseded"  // a newer start took its place
	WhyCanary     Why = "canary"      // it ended while it was tried as a canary
	WhyBuild      Why = "build"       // there is none: the build before it failed
)

// NextKind is what hotswap does after a generation failed, crashed or finished.
type NextKind string

const (
	NextKeeps   NextKind = "keeps"   // Gen serves on
	NextStart   NextKind = "start"   // another start is under way or due as soon as possible
	NextRestart NextKind = "restart" // a start is due after the pause In; 0: now
	NextWait    NextKind = "wait"    // the next change of files is waited for
	NextDone    NextKind = "done"    // hotswap ends
	NextRuns    NextKind = "runs"    // Gen, which boots or never listens, goes on
)

// Next is what hotswap does next.
type Next struct {
	Kind NextKind
	Gen  GenID         // NextKeeps, NextRuns
	In   time.Duration // NextRestart
}

// PostMortem is what is known of an end besides the exit.
type PostMortem struct {
	Reason string   // the exit, and what it means
	Last   []string // the last lines of standard error, if they are known
}

type (
	// NoticeEvent: a transport tells something that only matters to people.
	NoticeEvent struct{ Event handoff.Event }

	// NoticeStarting: Gen is about to be begun. It comes from the loop.
	NoticeStarting struct {
		Gen   GenID
		Cause Cause
	}

	// NoticeServing: new connections go to Gen.
	NoticeServing struct {
		Gen       GenID
		Cause     Cause
		Files     []string
		Endpoints []handoff.Endpoint
		By        string             // how it was found ready
		Boot      time.Duration      // from its start until now
		Replaces  GenID              // 0 if nothing served
		Unserved  []handoff.Endpoint // those of the one before that Gen does not listen on
		Cutover   time.Duration      // of the system calls that steer; the loop's
		Warm      bool               // it was a standby
		Build     time.Duration      // what it took to build it; 0: nothing was built
		Unix      string             // a unix address at which it listens; "": none is known
	}

	// NoticeRunning: Gen has lived for a while and listens on nothing. It may be a
	// server that boots slowly: NoticeServing or NoticeNotListening follows.
	NoticeRunning struct {
		Gen   GenID
		Cause Cause
		Files []string
		Build time.Duration // what it took to build it; 0: nothing was built
	}

	// NoticeCanary: Gen is ready and gets Percent of the new connections For that
	// time; NoticeServing or NoticeFailed follows.
	NoticeCanary struct {
		Gen       GenID
		Cause     Cause
		Files     []string
		Endpoints []handoff.Endpoint
		By        string
		Boot      time.Duration
		Percent   int
		For       time.Duration
		Build     time.Duration
	}

	// NoticeListening: a serving generation opened one more endpoint.
	NoticeListening struct {
		Gen      GenID
		Endpoint handoff.Endpoint
		Debugger bool
	}

	// NoticeDrained: a generation that served has ended after its drain.
	NoticeDrained struct {
		Gen    GenID
		Took   time.Duration
		Busy   bool // it was told to stop before it was idle
		Killed bool
		Report DrainReport // how its drain stood at the end; the loop's
	}

	// NoticeFailed: a generation will never be ready.
	NoticeFailed struct {
		Gen   GenID
		Cause Cause
		Files []string
		Why   Why
		Exit  Exit  // WhyExited
		Left  int   // likewise: processes of it that were ended then
		Err   error // WhyNotStarted
		After time.Duration
		Next  Next
		// Unready is what it lacked by its own account or a probe's, or ""; the
		// loop's.
		Unready   string
		Debuggers []handoff.Endpoint // WhyTimeout: one may have stopped it
		Post      PostMortem         // WhyExited and WhyTimeout; the loop's
	}

	// NoticeCrashed: the serving generation ended by itself. With Left > 0 only
	// its main process did, and the rest serves on until a fresh one is ready.
	NoticeCrashed struct {
		Gen    GenID
		Exit   Exit
		Left   int
		Served time.Duration
		Next   Next
		Post   PostMortem // the loop's
	}

	// NoticeRolledBack: To serves again instead of Gen, which failed in its
	// probation or is wished away, and drains. Nothing is begun for that: the
	// next change is waited for.
	NoticeRolledBack struct {
		Gen       GenID
		To        GenID
		Exit      Exit
		Left      int // of Gen's processes, which drain
		Served    time.Duration
		Endpoints []handoff.Endpoint // To's
		ByHand    bool               // Gen did not fail, somebody wished so
		Post      PostMortem         // unless ByHand; the loop's
	}

	// NoticeNoRollback: somebody wished a rollback, and there is nothing that
	// could serve again.
	NoticeNoRollback struct{}

	// NoticeHeldEnded: the generation that was held to serve again ended by
	// itself.
	NoticeHeldEnded struct {
		Gen  GenID
		Exit Exit
	}

	// NoticeFinished: the program did its work and ended with code 0.
	NoticeFinished struct {
		Gen  GenID
		Left int // processes of it that were ended with it: it may have gone into the background
		Took time.Duration
		Next Next
	}

	// NoticeNotListening: it has not listened yet, for longer than a boot should
	// take. It may be a program that never does. Told once.
	NoticeNotListening struct {
		Gen   GenID
		After time.Duration
		Lost  bool // its listens cannot be seen
		// Unready is what it lacks, as in NoticeFailed.
		Unready   string
		Debuggers []handoff.Endpoint // one may have stopped it
		Waits     bool               // it waits for one, or did
	}

	// NoticeWaits: Gen, which boots, runs nothing before a debugger has come.
	NoticeWaits struct {
		Gen      GenID
		Endpoint handoff.Endpoint
	}

	// NoticeBlocked: Gen wants the unix address at which By listens, so By stops
	// first.
	NoticeBlocked struct {
		Gen, By GenID
		Address string
	}

	// NoticeTrackingLost: the session that sees a generation's listens ended early.
	NoticeTrackingLost struct {
		Gen GenID
		Err error
	}

	// NoticeOutputLost: Gen has ended, and what it wrote last was passed on to nobody,
	// because hotswap's output is not read. 0: it was a build.
	NoticeOutputLost struct{ Gen GenID }

	// NoticeDrainLimit: Gen was killed while it drained, for too many do.
	NoticeDrainLimit struct {
		Gen   GenID
		Limit int
		Busy  bool // it had not finished
	}

	// NoticeStandby: the program of the next generation waits.
	NoticeStandby struct {
		Gen    GenID
		Took   time.Duration
		Memory uint64 // of its processes, in bytes; 0: not known
	}

	// NoticeNoStandby: there is no standby, and why. Without Failed and Again
	// there can be none of the generation that serves, which is told once; the next
	// one is looked at again.
	NoticeNoStandby struct {
		Gen     GenID
		Err     error
		Failed  bool // it ended, or never got to where it waits
		Again   bool // another one is made soon
		GivenUp bool // none is made any more
	}

	// NoticeStandbyUnused: the standby was thrown away when its time had come, and Gen
	// starts cold. It comes from the loop.
	NoticeStandbyUnused struct {
		Gen GenID
		Err error
	}

	// NoticeBuilding: a build begins; nothing of another is left. A NoticeBuilt or
	// NoticeBuildFailed follows, at the latest before hotswap ends.
	NoticeBuilding struct {
		Build int // counted from 1
		Cause Cause
		Files []string
	}

	// NoticeBuilt: it has succeeded, and what it was for starts; or it was Ended,
	// since something newer is wished for, or nothing any more.
	NoticeBuilt struct {
		Build int
		Took  time.Duration
		Ended bool
	}

	// NoticeBuildFailed: nothing starts.
	NoticeBuildFailed struct {
		Build   int
		Cause   Cause
		Files   []string
		Failure BuildFailure
		Took    time.Duration
		Next    Next
	}

	// NoticeStopping: hotswap ends, and waits for Alive generations.
	NoticeStopping struct {
		Alive int
		Now   bool // without draining
	}
)

func (NoticeEvent) notice()         {}
func (NoticeStarting) notice()      {}
func (NoticeServing) notice()       {}
func (NoticeRunning) notice()       {}
func (NoticeCanary) notice()        {}
func (NoticeListening) notice()     {}
func (NoticeDrained) notice()       {}
func (NoticeFailed) notice()        {}
func (NoticeCrashed) notice()       {}
func (NoticeRolledBack) notice()    {}
func (NoticeNoRollback) notice()    {}
func (NoticeHeldEnded) notice()     {}
func (NoticeFinished) notice()      {}
func (NoticeNotListening) notice()  {}
func (NoticeTrackingLost) notice()  {}
func (NoticeOutputLost) notice()    {}
func (NoticeBlocked) notice()       {}
func (NoticeWaits) notice()         {}
func (NoticeDrainLimit) notice()    {}
func (NoticeStopping) notice()      {}
func (NoticeStandby) notice()       {}
func (NoticeNoStandby) notice()     {}
func (NoticeStandbyUnused) notice() {}
func (NoticeBuilding) notice()      {}
func (NoticeBuilt) notice()         {}
func (NoticeBuildFailed) notice()   {}
