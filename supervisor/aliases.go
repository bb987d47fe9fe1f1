package supervisor

import (
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// What was here before package report.
type (
	Beside               = report.Beside
	BesideStatus         = report.BesideStatus
	BrowserStatus        = report.BrowserStatus
	BuildFailure         = report.BuildFailure
	BuildLife            = report.BuildLife
	BuildStatus          = report.BuildStatus
	Cause                = report.Cause
	DrainReport          = report.DrainReport
	EndpointStatus       = report.EndpointStatus
	EnvFile              = report.EnvFile
	Exit                 = report.Exit
	GenerationStatus     = report.GenerationStatus
	LeaseStatus          = report.LeaseStatus
	Life                 = report.Life
	Next                 = report.Next
	NextKind             = report.NextKind
	Notice               = report.Notice
	NoticeAbandoned      = report.NoticeAbandoned
	NoticeAlone          = report.NoticeAlone
	NoticeAwaitsPackages = report.NoticeAwaitsPackages
	NoticeBeside         = report.NoticeBeside
	NoticeBlocked        = report.NoticeBlocked
	NoticeBuildFailed    = report.NoticeBuildFailed
	NoticeBuilding       = report.NoticeBuilding
	NoticeBuilt          = report.NoticeBuilt
	NoticeCrashed        = report.NoticeCrashed
	NoticeCutover        = report.NoticeCutover
	NoticeDrainLimit     = report.NoticeDrainLimit
	NoticeDrainUnwatched = report.NoticeDrainUnwatched
	NoticeDrained        = report.NoticeDrained
	NoticeDraining       = report.NoticeDraining
	NoticeEvent          = report.NoticeEvent
	NoticeFailed         = report.NoticeFailed
	NoticeFinished       = report.NoticeFinished
	NoticeHeldEnded      = report.NoticeHeldEnded
	NoticeListening      = report.NoticeListening
	NoticeNoRollback     = report.NoticeNoRollback
	NoticeNoStandby      = report.NoticeNoStandby
	NoticeNotListening   = report.NoticeNotListening
	NoticeOutputLost     = report.NoticeOutputLost
	NoticeRehearsed      = report.NoticeRehearsed
	NoticeRelayed        = report.NoticeRelayed
	NoticeRolledBack     = report.NoticeRolledBack
	NoticeRunning        = report.NoticeRunning
	NoticeServing        = report.NoticeServing
	NoticeStandby        = report.NoticeStandby
	NoticeStandbyUnused  = report.NoticeStandbyUnused
	NoticeStarting       = report.NoticeStarting
	NoticeStep           = report.NoticeStep
	NoticeStopping       = report.NoticeStopping
	NoticeTrackingLost   = report.NoticeTrackingLost
	NoticeWaits          = report.NoticeWaits
	Outcome              = report.Outcome
	PauseStatus          = report.PauseStatus
	PostMortem           = report.PostMortem
	ProgramStatus        = report.ProgramStatus
	RanStatus            = report.RanStatus
	Result               = report.Result
	StandbyStatus        = report.StandbyStatus
	Status               = report.Status
	Step                 = report.Step
	SwapStatus           = report.SwapStatus
	WaitStatus           = report.WaitStatus
	Why                  = report.Why
)

const (
	BuildEnding       = report.BuildEnding
	BuildRunning      = report.BuildRunning
	CauseChange       = report.CauseChange
	CauseCommand      = report.CauseCommand
	CauseCrash        = report.CauseCrash
	CauseFirst        = report.CauseFirst
	NextDone          = report.NextDone
	NextKeeps         = report.NextKeeps
	NextRestart       = report.NextRestart
	NextRuns          = report.NextRuns
	NextStart         = report.NextStart
	NextWait          = report.NextWait
	OutcomeFailed     = report.OutcomeFailed
	OutcomeFinished   = report.OutcomeFinished
	OutcomeHandedOver = report.OutcomeHandedOver
	OutcomeNothing    = report.OutcomeNothing
	OutcomeRolledBack = report.OutcomeRolledBack
	OutcomeRuns       = report.OutcomeRuns
	OutcomeServes     = report.OutcomeServes
	OutcomeStopped    = report.OutcomeStopped
	OutcomeStopping   = report.OutcomeStopping
	OutcomeSuperseded = report.OutcomeSuperseded
	OutcomeTakenBack  = report.OutcomeTakenBack
	OutcomeUnready    = report.OutcomeUnready
	PhaseIdle         = report.PhaseIdle
	PhaseRestarting   = report.PhaseRestarting
	PhaseRunning      = report.PhaseRunning
	PhaseServing      = report.PhaseServing
	PhaseStarting     = report.PhaseStarting
	PhaseStopped      = report.PhaseStopped
	PhaseStopping     = report.PhaseStopping
	PhaseWaiting      = report.PhaseWaiting
	StandbyEnding     = report.StandbyEnding
	StandbyStarting   = report.StandbyStarting
	StandbyWaiting    = report.StandbyWaiting
	WhyBuild          = report.WhyBuild
	WhyExited         = report.WhyExited
	WhyNotStarted     = report.WhyNotStarted
	WhySuperseded     = report.WhySuperseded
	WhyTimeout        = report.WhyTimeout
)

// What was here before package run.
type (
	Console      = run.Console
	Inherited    = run.Inherited
	Drain        = run.Drain
	DrainRequest = run.DrainRequest
	Drainer      = run.Drainer
	Process      = run.Process
	Rehearsal    = run.Rehearsal
	Runner       = run.Starter
	Standby      = run.Standby
	Streams      = run.Streams
	Warmer       = run.Warmer
)

var (
	ErrNever   = run.ErrNever
	ErrUnknown = run.ErrUnknown
)
