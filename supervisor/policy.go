package supervisor

import (
	"cmp"
	"time"
)

// Strategy is the order of a swap.
type Strategy string

const (
	// Overlap starts the new generation beside the old one.
	Overlap Strategy = "overlap"
	// StopFirst ends the old generation, waits until its whole tree is gone and
	// then starts the new one: for programs of which there can be only one, and
	// where no way to hand a port over works.
	StopFirst Strategy = "stop-first"
)

// Policy is what may be chosen about a generation's life. Its zero value works.
type Policy struct {
	Strategy Strategy

	// Watching: files are watched, so a program that fails at its first boot or
	// that has finished waits for the next change. Without it, a failing program
	// is restarted, and the clean end of the program is the end of hotswap.
	Watching bool

	// ExplicitReady: only being told makes a generation ready, listening does not.
	ExplicitReady bool

	// ReadyAtStart: nothing tells what the program listens on, so it counts as
	// ready as soon as it runs.
	ReadyAtStart bool

	ReadyTimeout time.Duration // how long a boot may take beside one that serves; 60 s
	Settle       time.Duration // how long after its last listen one that left an endpoint is ready; 1.5 s

	// Lived is how long a program that listens on nothing must have lived to count as
	// running; 1 s, at most half of ReadyTimeout. MustListen: it never does, for it
	// is known to be a server.
	Lived      time.Duration
	MustListen bool

	// Probation is how long a generation that was relieved is held ready to serve
	// again, in case the newer one fails; 0: not at all.
	Probation time.Duration

	// CanaryPercent is the share of new connections that a new generation gets
	// first, for CanaryTime; 0: it gets all at once.
	CanaryPercent int
	CanaryTime    time.Duration

	DrainTimeout time.Duration // from the end of serving until SIGKILL; 10 s
	// DrainForever: a generation that serves clients is waited for as long as it
	// takes, also at the end. What was told to stop, since nothing is busy, still
	// has no more than KillGrace.
	DrainForever bool
	// KillGrace is how long before that the stop signal comes at the latest, and
	// what a program that has never listened gets to end; 3 s, at most a third
	// of DrainTimeout.
	KillGrace time.Duration
	// AbandonGrace is the time from the stop signal to SIGKILL for a boot that a
	// newer one supersedes beside a serving generation; 1 s.
	AbandonGrace time.Duration
	// MaxDraining is how many generations that served may drain at once; 32. When
	// there are more, one that is idle is killed, else the oldest. Each has a
	// deadline anyway; the limit bounds memory when saves come faster than
	// clients leave, and a low one would lose requests for it.
	MaxDraining int

	// Warm: the program of the next generation is started ahead, and waits, once
	// it has been calm for WarmAfter; 300 ms.
	Warm      bool
	WarmAfter time.Duration

	// Build: what somebody wishes to be started is built before.
	Build bool

	Backoff BackoffPolicy

	// ExitOnCrash: the crash of the serving generation is the end of hotswap,
	// unless another one can serve at once; so is a failed boot while nothing
	// serves. For whoever has a supervisor above.
	ExitOnCrash bool
}

// withDefaults is the policy with a default for each zero.
func (p Policy) withDefaults() Policy {
	p.Strategy = cmp.Or(p.Strategy, Overlap)
	setDefault(&p.ReadyTimeout, time.Minute)
	setDefault(&p.Settle, 1500*time.Millisecond)
	setDefault(&p.Lived, time.Second)
	p.Lived = min(p.Lived, p.ReadyTimeout/2)
	if p.CanaryPercent > 0 {
		setDefault(&p.CanaryTime, 30*time.Second)
	}
	setDefault(&p.DrainTimeout, 10*time.Second)
	setDefault(&p.KillGrace, 3*time.Second)
	if !p.DrainForever {
		p.KillGrace = min(p.KillGrace, p.DrainTimeout/3)
	}
	setDefault(&p.AbandonGrace, time.Second)
	if p.MaxDraining <= 0 {
		p.MaxDraining = 32
	}
	setDefault(&p.WarmAfter, 300*time.Millisecond)
	p.Backoff = p.Backoff.withDefaults()
	return p
}

// setDefault replaces a duration that is not positive.
func setDefault(d *time.Duration, fallback time.Duration) {
	if *d <= 0 {
		*d = fallback
	}
}
