package supervisor

import "time"

// Strategy is the order of a swap.
type Strategy uint8

const (
	// Overlap starts the new generation beside the old one.
	Overlap Strategy = iota
	// StopFirst ends the old generation, waits until its whole tree is gone and
	// then starts the new one: for programs of which there can be only one, and
	// where no way to hand a port over works.
	StopFirst
)

// String is the strategy's name as the option takes it.
func (s Strategy) String() string {
	if s == StopFirst {
		return "stop-first"
	}
	return "overlap"
}

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

	DrainTimeout time.Duration // from the end of serving until SIGKILL; 10 s
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

	Backoff BackoffPolicy
}

// withDefaults is the policy with a default for each zero.
func (p Policy) withDefaults() Policy {
	setDefault(&p.ReadyTimeout, time.Minute)
	setDefault(&p.Settle, 1500*time.Millisecond)
	setDefault(&p.DrainTimeout, 10*time.Second)
	setDefault(&p.KillGrace, 3*time.Second)
	p.KillGrace = min(p.KillGrace, p.DrainTimeout/3)
	setDefault(&p.AbandonGrace, time.Second)
	if p.MaxDraining <= 0 {
		p.MaxDraining = 32
	}
	p.Backoff = p.Backoff.withDefaults()
	return p
}

// setDefault replaces a duration that is not positive.
func setDefault(d *time.Duration, fallback time.Duration) {
	if *d <= 0 {
		*d = fallback
	}
}
