package report

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Notice is something that people want to know, as fields: one of the types below. One notice is one line.
type Notice any

// Why is why a generation failed.
type Why string

const (
	WhyExited     Why = "exited"      // it ended before it was ready
	WhyTimeout    Why = "timeout"     // it was not ready in time
	WhyNotStarted Why = "not started" // its process could not be started
	WhySuperseded Why = "superseded"  // another generation takes its place
	WhyBuild      Why = "build"       // its build failed, so there is no generation
)

// Cut is why a generation was told to stop while something was under way.
type Cut string

const (
	CutDrainTimeout  Cut = "drain-timeout"
	CutStreamTimeout Cut = "stream-timeout"
	CutLimit         Cut = "limit" // more than three generations stayed for answers, or more than 32 drained
	CutStop          Cut = "stop"  // somebody at a terminal waits for the end of hotswap
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
	// Crashes are those in a row with that of now; 0: nothing starts or ends for a crash.
	Crashes int
}

// LoopAfter is how many crashes in a row are a crash loop.
const LoopAfter = 5

type (
	// NoticeEvent: a transport reports an event that matters only to people.
	NoticeEvent struct{ Event handoff.Event }

	// NoticeServing: new connections go to Gen.
	NoticeServing struct {
		Gen GenID
		Origin
		Endpoints []handoff.Endpoint
		By        string             // how it was found ready
		Boot      time.Duration      // from its start until now
		Replaces  GenID              // 0 if nothing served
		Unserved  []handoff.Endpoint // those of the one before that Gen does not listen on, which are closed
		Cutover   time.Duration      // of the system calls that steer; the loop's
		Standby   bool               // it was a standby
		Build     time.Duration      // what its builds took; 0: no step has run
		Ran       []Step             // the steps that have run for it
	}

	// NoticeRunning: Gen has lived for a while, and is known to listen on nothing. If it does after all,
	// NoticeServing follows.
	NoticeRunning struct {
		Gen GenID
		Origin
		Build time.Duration // what its builds took; 0: no step has run
		Ran   []Step        // the steps that have run for it
	}

	// NoticeBeside: a program beside the generations begins, or has ended and begins again after the pause In.
	NoticeBeside struct {
		Beside
		End *BuildFailure // nil: it begins
		In  time.Duration
	}

	// NoticeHook: a command about an event has failed, or was left out because too many wait.
	NoticeHook struct {
		Beside
		Event string
		End   *BuildFailure // nil: it was left out
	}

	// NoticeCutover: new connections go to Gen from now on.
	NoticeCutover struct {
		Gen  GenID
		Took time.Duration // of the system calls
		Err  error         // some endpoint could not be steered
	}

	// NoticeSlow: Gen boots for so long. The notice comes after five seconds and each time that has doubled.
	NoticeSlow struct {
		Gen     GenID
		After   time.Duration
		Unready string // as in Result
		MayRun  bool   // the program may be a worker, which never listens, for all that has been said
	}

	// NoticeListening: a serving generation opened one more endpoint.
	NoticeListening struct {
		Gen      GenID
		Endpoint handoff.Endpoint
		Debugger bool
	}

	// NoticeClosed: the serving generation has closed an endpoint, which hotswap keeps open no longer.
	NoticeClosed struct {
		Gen      GenID
		Endpoint handoff.Endpoint
	}

	// NoticeRelayed: Count clients that waited at a gate of a generation that is gone were passed on to To.
	NoticeRelayed struct {
		To    GenID
		Count int
	}

	// NoticeDraining: how a drain stands. It comes when the drainer reports new numbers.
	NoticeDraining struct {
		Gen      GenID
		Report   DrainReport
		Lasts    time.Duration
		Live     bool  // it is time to tell people who wait for the drain
		WaitsFor []int // the processes whose own work at the end is waited for; nothing else is then
	}

	// NoticeDrained: a generation that served has ended after its drain, or by itself before that.
	NoticeDrained struct {
		Gen    GenID
		Took   time.Duration
		Busy   bool // it was told to stop, or ended, before it was idle
		Cut    Cut  // why it was told to stop then; "": it was not
		Killed bool
		Forced bool        // Killed, or a signal ended it at once: it did not finish what was under way
		Report DrainReport // how its drain stood when it was killed, or else told to stop; the loop's
	}

	// NoticeAsleep: Gen has had nothing to do for so long, and ends. The next client starts a fresh one.
	NoticeAsleep struct {
		Gen  GenID
		Idle time.Duration
	}

	// NoticeStays: Gen has drained for the time that any drain has, and lives on while answers are being sent and read.
	NoticeStays struct {
		Gen     GenID
		Answers int
		After   time.Duration
	}

	// NoticeDrainUnwatched: the connections of Gen cannot be watched, so it was told to stop without waiting for them.
	NoticeDrainUnwatched struct {
		Gen GenID
		Err error
	}

	// NoticeFailed: a generation will never be ready.
	NoticeFailed struct {
		Result
		Origin
		Left  int // WhyExited: its processes that were killed then
		After time.Duration
		Next  Next
	}

	// NoticeCrashed: the serving generation ended by itself. With Left > 0 only its main
	// process did, and the rest serves until a fresh generation is ready.
	NoticeCrashed struct {
		Gen    GenID
		Exit   Exit
		Left   int
		Served time.Duration
		Next   Next
		Post   PostMortem // the loop's
	}

	// NoticeRolledBack: To serves again instead of Gen, which drains. Nothing is begun for
	// that; the next change is waited for.
	NoticeRolledBack struct {
		Gen    GenID
		To     GenID
		Unwell string // why Gen, which runs, does not do; "": it has ended
		Exit   Exit
		Left   int // of Gen's processes, which drain
		Served time.Duration
		ByHand bool       // a command asked for it; else Gen failed on probation
		Post   PostMortem // unless ByHand; the loop's
	}

	// NoticeNoRollback: a command asked for a rollback, and no generation could serve again.
	NoticeNoRollback struct{}

	// NoticeFinished: the program did its work and ended with code 0.
	NoticeFinished struct {
		Gen  GenID
		Left int // its processes that were killed then: it may have gone into the background
		Took time.Duration
		Next Next
	}

	// NoticeNotListening: Gen, a server by all that is known, has not listened for longer than a boot should take. The
	// notice comes once.
	NoticeNotListening struct {
		Gen       GenID
		After     time.Duration
		Unready   string             // as in Result
		MayRun    bool               // as in NoticeSlow
		Debuggers []handoff.Endpoint // a debugger may have stopped it
		Reason    string             // why it counts as failed where another hotswap could serve on; the loop's
	}

	// NoticeWaits: Gen, which boots, runs nothing before a debugger has connected.
	NoticeWaits struct {
		Gen      GenID
		Endpoint handoff.Endpoint
	}

	// NoticeStandby: the program of the next generation waits.
	NoticeStandby struct {
		Gen  GenID
		Took time.Duration
		Loaded
	}

	// NoticeDirect: Gen starts the program by itself, without the commands that only lead to it; or Err says why the
	// whole command runs.
	NoticeDirect struct {
		Gen  GenID
		Name string   // of the program
		Left []string // the commands
		Err  error
	}

	// NoticeNoStandby: there is no standby. Without Failed and Again there can be none of the
	// generation that serves; that is told once.
	NoticeNoStandby struct {
		Gen    GenID
		Err    error
		Failed bool // it ended, or never came to wait; without Again no more are made
		Again  bool // another one is made soon
	}

	// NoticeStandbyUnused: the standby is out of date, so Gen starts cold.
	NoticeStandbyUnused struct {
		Gen GenID
		Err error
	}

	// NoticeBuilding: a build begins. NoticeBuilt or NoticeBuildFailed follows.
	NoticeBuilding struct {
		Build int // counted from 1
		Origin
		Steps []Step
	}

	// NoticeStep: a step of a build begins; with Unneeded, a task that is not owed does not.
	NoticeStep struct {
		Build    int
		Step     Step
		Unneeded bool
	}

	// NoticeAlone: a step waits until no generation is left.
	NoticeAlone struct {
		Build int
		Step  Step
	}

	// NoticeBuilt: the build has succeeded, and what it was for starts. With Ended it was
	// stopped, since a newer request came, or a stop or rollback.
	NoticeBuilt struct {
		Build int
		Took  time.Duration
		Steps []Step // that have run
		Only  bool   // nothing starts: only the steps were asked for
		Ended bool   // then Steps is empty
	}

	// NoticeBuildFailed: nothing starts.
	NoticeBuildFailed struct {
		Build int
		Origin
		Failure BuildFailure
		Took    time.Duration
		Next    Next
	}

	// NoticeStopping: hotswap ends, and waits for Alive generations.
	NoticeStopping struct {
		Alive int
		Now   bool          // without draining
		In    time.Duration // until what serves drains; 0: it does
	}
)
