package supervisor

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// event is anything that happens. Those about one generation are genEvents.
type event interface{ kind() eventKind }

// genEvent is an event about one generation.
type genEvent interface {
	event
	about() GenID
}

// eventKind is the column of an event in the table of accepted events.
type eventKind uint8

const (
	kindStarted eventKind = iota
	kindStartFailed
	kindListening
	kindReady
	kindExited
	kindGone
	kindDrained
	kindLost
	kindExtend
	kindBlocked
	kindUnblocked
	kindListeningUnix
	kindCount // of the events about one generation; the others follow

	kindBegin
	kindBatch
	kindCommand
	kindWarmed
	kindCooled
	kindAnnounced
	kindBuilt
	kindTick
)

type (
	// evBegin starts the first generation. It comes once, first.
	evBegin struct{}

	// evBatch is a settled set of changed files.
	evBatch struct {
		files []string // for people
		// announced is the evAnnounced that was this very batch's; 0: there was
		// none, or something has changed since.
		announced uint64
	}

	// evAnnounced: a batch is likely to come within that time.
	evAnnounced struct {
		number uint64
		within time.Duration
	}

	// evCommand is a wish of somebody; see commandKind.
	evCommand struct {
		cmd   commandKind
		token token // names the one who waits for the reply; 0: nobody does
		code  int   // cmdStopNow: the exit code to end with, 128+signal
	}
)

type (
	// evStarted: the main process runs.
	evStarted struct {
		gen  GenID
		pid  int
		warm bool // it was the standby
	}

	// evStartFailed: nothing of it runs. No other event about it follows.
	evStartFailed struct {
		gen GenID
		err error
	}

	// evListening: a process of the generation listens; again for each listen,
	// also for a second gate on the same endpoint.
	evListening struct {
		gen      GenID
		endpoint handoff.Endpoint
		debugger bool // an inspector's, which never counts for readiness
		waits    bool // and nothing runs before a debugger has come to it
	}

	// evReady: the generation says, or a probe found, that it can serve.
	evReady struct {
		gen GenID
		by  string // "notify", "probe", …
		// listens are its gates as the registry has them; that they serve may be
		// told later.
		listens []handoff.Endpoint
	}

	// evExited: the main process ended. evGone follows when left have ended too.
	evExited struct {
		gen  GenID
		exit Exit
		left int // processes of its tree that are still alive
	}

	// evGone: no process of the tree is left. It is the last event of a
	// generation that was started.
	evGone struct{ gen GenID }

	// evDrained: a draining generation has nothing busy any more; or it is not
	// known, for its connections cannot be watched.
	evDrained struct {
		gen   GenID
		blind bool
	}

	// evTick: the machine's next deadline has passed.
	evTick struct{}

	// evLost: the session that sees the generation's listens ended early.
	evLost struct {
		gen GenID
		err error
	}

	// evExtend: the generation asks for time to boot.
	evExtend struct {
		gen GenID
		by  time.Duration // from now
	}
)

func (evBegin) kind() eventKind       { return kindBegin }
func (evBatch) kind() eventKind       { return kindBatch }
func (evAnnounced) kind() eventKind   { return kindAnnounced }
func (evCommand) kind() eventKind     { return kindCommand }
func (evStarted) kind() eventKind     { return kindStarted }
func (evStartFailed) kind() eventKind { return kindStartFailed }
func (evListening) kind() eventKind   { return kindListening }
func (evReady) kind() eventKind       { return kindReady }
func (evExited) kind() eventKind      { return kindExited }
func (evGone) kind() eventKind        { return kindGone }
func (evDrained) kind() eventKind     { return kindDrained }
func (evTick) kind() eventKind        { return kindTick }
func (evLost) kind() eventKind        { return kindLost }
func (evExtend) kind() eventKind      { return kindExtend }

func (e evStarted) about() GenID     { return e.gen }
func (e evStartFailed) about() GenID { return e.gen }
func (e evListening) about() GenID   { return e.gen }
func (e evReady) about() GenID       { return e.gen }
func (e evExited) about() GenID      { return e.gen }
func (e evGone) about() GenID        { return e.gen }
func (e evDrained) about() GenID     { return e.gen }
func (e evLost) about() GenID        { return e.gen }
func (e evExtend) about() GenID      { return e.gen }

// String is the kind's name, for complaints.
func (k eventKind) String() string {
	names := [...]string{
		kindStarted: "started", kindStartFailed: "start failed", kindListening: "listening",
		kindReady: "ready", kindExited: "exited", kindGone: "gone", kindDrained: "drained",
		kindLost: "lost", kindExtend: "extend", kindBlocked: "blocked", kindUnblocked: "unblocked", kindListeningUnix: "listening unix", kindCount: "", kindBegin: "begin", kindBatch: "batch",
		kindCommand: "command", kindWarmed: "warmed", kindCooled: "cooled",
		kindAnnounced: "announced", kindBuilt: "built", kindTick: "tick",
	}
	if int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}
