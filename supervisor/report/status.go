package report

import (
	"slices"
	"strings"
	"time"
)

// Status is what hotswap status --json prints: an immutable snapshot. The loop fills in the
// fields that are marked so; the machine fills in the rest. What others count (Connections of the
// generation that serves, Files of a pause, Browsers, Program) is only in the status of supervisor.Now.
type Status struct {
	// Changed is closed when a newer status is there. The loop's.
	Changed <-chan struct{} `json:"-"`

	URL         string             `json:"url,omitempty"`  // where people reach the program. Not the supervisor's
	Name        string             `json:"name,omitempty"` // of hotswap; the loop's
	PID         int                `json:"pid"`            // of hotswap; the loop's
	State       string             `json:"state"`
	StopsAt     time.Time          `json:"stops_at,omitzero"` // when what serves drains, while stopping; zero: at once
	Generation  GenID              `json:"generation"`        // that serves; 0 if none does
	Command     []string           `json:"command"`           // the loop's
	Dir         string             `json:"dir"`               // in which it runs. Not the supervisor's
	Endpoints   []EndpointStatus   `json:"endpoints"`
	Generations []GenerationStatus `json:"generations"` // oldest first
	Swaps       int                `json:"swaps"`
	FailedSwaps int                `json:"failed_swaps"`

	Failure *FailureStatus `json:"failure,omitempty"` // nil: nothing newer than what serves has failed. The loop's

	// CrashLoop is how many times in a row the program has crashed, if at least [LoopAfter] times, and it has not
	// served for a minute since; else 0.
	CrashLoop int `json:"crash_loop,omitempty"`

	Standby *StandbyStatus `json:"standby,omitempty"` // nil: there is none
	// the process that shows which packages may be loaded ahead. The loop's
	Rehearsal int          `json:"rehearsal,omitempty"`
	Build     *BuildStatus `json:"build,omitempty"` // that is under way

	Beside []BesideStatus `json:"beside,omitempty"` // the loop's

	Port int `json:"port,omitempty"` // that the program is told in PORT; 0: none. Not the supervisor's

	// Alone is the generation that ends before anybody knows whether the next one can run; 0: none does.
	Alone GenID `json:"-"`

	// UnderWay: a start or a build is under way or due.
	UnderWay bool `json:"-"`

	Proxy bool `json:"proxy,omitempty"` // connections pass through hotswap. Not the supervisor's

	GoAdapter *GoAdapterStatus `json:"go_adapter,omitempty"` // nil: nothing is told of Go. Not the supervisor's

	Ignored []IgnoredStatus `json:"ignored,omitempty"` // since the newest generation was started. Not the supervisor's

	Paused *PauseStatus `json:"paused,omitempty"` // nil: changes of files are swapped in. The loop's

	Browsers *BrowserStatus `json:"browsers,omitempty"` // nil: no page can be told to reload

	Page string `json:"page,omitempty"` // the URL of the live page; "": there is none. Not the supervisor's

	Program *ProgramStatus `json:"program,omitempty"` // nil: it has asked for nothing

	// Lives are the histories of the newest generations and of all that may be alive, by number;
	// Builds are those of the newest builds.
	Lives  []Life      `json:"-"`
	Builds []BuildLife `json:"-"`
	// Owed are steps that did not run yet, because one before them failed or they were told to end.
	Owed []Step `json:"-"`

	// RolledBackFrom is the newer generation that was rolled back from, until the next change; 0:
	// none was.
	RolledBackFrom GenID `json:"rolled_back_from,omitempty"`
}

// IgnoredStatus is a file whose newest change starts nothing.
type IgnoredStatus struct {
	File   string `json:"file"`
	Reason string `json:"reason"` // for people
}

// FailureStatus is why the newest change does not serve.
type FailureStatus struct {
	Generation GenID     `json:"generation,omitempty"` // 0: a command before its start has failed
	At         time.Time `json:"at"`
	Files      []string  `json:"files,omitempty"`      // that were changed
	MoreFiles  int       `json:"more_files,omitempty"` // were changed, too
	PostMortem           // whose Reason is for people
}

// Telling returns the last n lines of the output, or n from the one that names the cause if that comes before.
func (f *FailureStatus) Telling(n int) []string {
	from, cause := max(0, len(f.Last)-n), strings.TrimSuffix(f.Quote, "…")
	i := slices.IndexFunc(f.Last, func(line string) bool { return cause != "" && strings.Contains(line, cause) })
	if i >= 0 {
		from = min(from, i)
	}
	return f.Last[from:min(from+n, len(f.Last))]
}

// BrowserStatus is where pages connect that reload by themselves.
type BrowserStatus struct {
	Script string `json:"script"` // its URL
	Pages  int    `json:"pages"`  // that are connected
}

// What Status.State may be.
const (
	PhaseIdle       = "idle"       // not begun
	PhaseStarting   = "starting"   // nothing serves, something boots, is built or is about to be
	PhaseServing    = "serving"    // also while a newer generation boots
	PhaseRunning    = "running"    // what boots has lived for a while, and listens on nothing
	PhaseWaiting    = "waiting"    // for a change of files
	PhaseRestarting = "restarting" // pausing before a restart
	PhaseAsleep     = "asleep"     // for want of work: the next client starts it
	PhaseStopping   = "stopping"
	PhaseStopped    = "stopped"
)

// EndpointStatus is an endpoint and the generation that gets its new connections; 0: they wait, and wake the program.
type EndpointStatus struct {
	Network    string `json:"network"`
	Address    string `json:"address"`
	Generation GenID  `json:"generation"`
	Debugger   bool   `json:"debugger,omitempty"` // it is for debuggers
	InCode     int    `json:"in_code,omitempty"`  // the port that stands in the program's code, if that is another one
}

// GenerationStatus is a generation whose processes may be alive.
type GenerationStatus struct {
	ID          GenID     `json:"id"`
	PID         int       `json:"pid"`
	State       string    `json:"state"`
	Started     time.Time `json:"started"`
	ReadyMS     *int64    `json:"ready_ms,omitempty"` // from its start until it served
	Connections int       `json:"connections"`
	Streams     int       `json:"streams,omitempty"` // of these, streams that a drain waits for
	// answers that are being sent and read; 0: its drain is not over time
	StaysFor int      `json:"stays_for,omitempty"`
	Overdue  bool     `json:"overdue,omitempty"`  // it runs, but was not ready in time
	Warm     bool     `json:"warm,omitempty"`     // it was a standby
	Program  string   `json:"program,omitempty"`  // that started by itself; "": the whole command runs. The loop's
	LeftOut  []string `json:"left_out,omitempty"` // commands that only lead to it; the loop's
	Settled  bool     `json:"-"`                  // see DrainReport
	Rests    bool     `json:"-"`                  // adapters have connections to move or to end, or it is not known yet
}

// BuildStatus is a build of which processes may run.
type BuildStatus struct {
	PID     int       `json:"pid"` // of the command that runs; 0: none does. The loop's
	State   string    `json:"state"`
	Started time.Time `json:"started"`
	Cause   string    `json:"cause"`
	Files   []string  `json:"files"`
}

// What BuildStatus.State may be.
const (
	BuildRunning = "running"
	BuildEnding  = "ending"
)

// GoAdapterStatus is how far the adapter of Go programs is.
type GoAdapterStatus struct {
	State string `json:"state"`           // compiles, ready or failed
	Error string `json:"error,omitempty"` // why it has failed
}

// PauseStatus says since when changes of files wait.
type PauseStatus struct {
	Since time.Time `json:"since"`
	Files int       `json:"files"` // that have changed and wait
}

// StandbyStatus is a standby whose processes may be alive.
type StandbyStatus struct {
	Generation GenID     `json:"generation"` // that it will be
	PID        int       `json:"pid"`        // of its main process; 0: it was not started yet. The loop's
	State      string    `json:"state"`
	Started    time.Time `json:"started"`
	Loaded               // since it waits
}

// Loaded is what a standby has that waits.
type Loaded struct {
	Memory uint64   `json:"memory,omitempty"` // of its processes, in bytes; 0: not known
	Ahead  int      `json:"ahead"`            // packages that it has loaded
	Left   []string `json:"left,omitempty"`   // packages that the program loads itself, with the reasons
	// By is the command that may have given it credentials, so that it serves for five minutes only; "": none.
	By string `json:"-"`
}

// What StandbyStatus.State may be.
const (
	StandbyStarting = "starting"
	StandbyWaiting  = "waiting"
	StandbyEnding   = "ending"
)

// BesideStatus is a program beside the generations.
type BesideStatus struct {
	Command  string `json:"command"`
	PID      int    `json:"pid"` // 0: it does not run
	Restarts int    `json:"restarts"`
	Failed   bool   `json:"failed,omitempty"` // it is a compiler, and has failed
}
