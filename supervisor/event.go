package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// event is anything that happens. The machine ignores what it does not know.
type event any

// genEvent is an event about one generation.
type genEvent interface {
	about() GenID
	kind() eventKind
}

// eventKind is the column of an event in the table of accepted events.
type eventKind uint8

const (
	kindStarted eventKind = iota
	kindListening
	kindReady
	kindExtend
	kindBlocked
	kindTrackingLost
	kindQuiet
	kindDrained
	kindExited
	kindGone
	kindCount
)

type (
	// evRequest asks for a fresh generation. The request for the first one (CauseFirst)
	// comes once, before all other events.
	evRequest struct {
		cause Cause    // not CauseCrash
		files []string // CauseChange: what has changed, for people
		steps []Step   // that run before
		only  bool     // nothing starts after the steps
		then  []func() // called when the steps have ended
		token token    // names the caller that waits for the reply; 0: none does
	}

	// evCommand is a command; see commandKind.
	evCommand struct {
		cmd   commandKind
		token token // names the caller that waits for the reply; 0: none does
		code  int   // cmdStopNow: the exit code to end with, 128+signal
		// leaving: cmdRollback: the generations in which a process ends its clients' connections, and
		// itself, once the generation drains. Only the loop knows them.
		leaving []GenID
	}

	// evStopFirst: from now on the strategy is [StopFirst].
	evStopFirst struct{}

	// evInstalling: packages are being installed, for limit at most; zero: no longer.
	evInstalling struct {
		limit time.Duration
		own   bool // by the program or a step
	}

	// evBuildAlone: a step of the build waits until no generation is left.
	evBuildAlone struct {
		build int
		step  Step
	}

	// evBuilt: a build is over, and nothing of it runs.
	evBuilt struct {
		build    int
		done     []Step        // that have succeeded, or were not needed
		unneeded []Step        // those of done whose commands have not run
		failure  *BuildFailure // nil: the build has succeeded, or was told to end
	}

	// evCold: a generation that was to begin its own code by fxResume starts in the usual
	// way, and may begin it at any time.
	evCold struct{ gen GenID }

	// evTick: the machine's next deadline has passed.
	evTick struct{}

	// evStarted: the main process runs. With err nothing of the generation ever ran, and
	// no other event about it follows.
	evStarted struct {
		gen     GenID
		pid     int
		standby bool // it was the standby
		err     error
	}

	// evListening: a process of the generation listens. The event comes for each listen,
	// also for a second gate on the same endpoint.
	evListening struct {
		gen      GenID
		endpoint handoff.Endpoint
		debugger bool // the endpoint is an inspector's, which never counts for readiness
		waits    bool // the program runs nothing before a debugger has connected

		// unix is an address at which an earlier generation has listened too; then there
		// is no endpoint.
		unix string
	}

	// evReady: the generation says, or a probe found, that it can serve.
	evReady struct {
		gen GenID
		by  string // "notify", "probe", …
		// listens are its gates as the registry has them; the events for them may come
		// later.
		listens []handoff.Endpoint
	}

	// evExtend: the generation asks for more time to boot.
	evExtend struct {
		gen GenID
		by  time.Duration // from now
	}

	// evBlocked: a call of the generation waits until by does not listen at the unix
	// address any more. With by 0 such a call waits no longer; one such event follows
	// each of the others.
	evBlocked struct {
		gen, by GenID
		address string
	}

	// evTrackingLost: the session that sees the generation's listens ended early.
	evTrackingLost struct {
		gen GenID
		err error
	}

	// evQuiet: the connections of a draining generation have nothing under way any more, and its
	// program is to hear of it. evDrained follows when the program has handled that.
	evQuiet struct{ gen GenID }

	// evDrained: nothing of a draining generation is busy any more; or its connections
	// cannot be watched.
	evDrained struct {
		gen       GenID
		unwatched bool
	}

	// evExited: the main process ended.
	evExited struct {
		gen  GenID
		exit Exit
		left int // processes of its tree that are still alive
	}

	// evGone: no process of the tree is left. It is the last event of a generation that
	// was started.
	evGone struct{ gen GenID }
)

func (evStarted) kind() eventKind      { return kindStarted }
func (evListening) kind() eventKind    { return kindListening }
func (evReady) kind() eventKind        { return kindReady }
func (evExtend) kind() eventKind       { return kindExtend }
func (evBlocked) kind() eventKind      { return kindBlocked }
func (evTrackingLost) kind() eventKind { return kindTrackingLost }
func (evQuiet) kind() eventKind        { return kindQuiet }
func (evDrained) kind() eventKind      { return kindDrained }
func (evExited) kind() eventKind       { return kindExited }
func (evGone) kind() eventKind         { return kindGone }

func (e evStarted) about() GenID      { return e.gen }
func (e evListening) about() GenID    { return e.gen }
func (e evReady) about() GenID        { return e.gen }
func (e evExtend) about() GenID       { return e.gen }
func (e evBlocked) about() GenID      { return e.gen }
func (e evTrackingLost) about() GenID { return e.gen }
func (e evQuiet) about() GenID        { return e.gen }
func (e evDrained) about() GenID      { return e.gen }
func (e evExited) about() GenID       { return e.gen }
func (e evGone) about() GenID         { return e.gen }
