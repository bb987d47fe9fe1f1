// Package policy has what may be chosen about the life of generations, and how soon a program starts again after
// crashes ([Backoff]). It is pure.
package policy

import (
	"cmp"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Strategy is the order of a swap.
type Strategy string

const (
	// Overlap starts the new generation beside the old one.
	Overlap Strategy = "overlap"
	// Auto is Overlap until a command to run one generation at a time comes, and StopFirst from then on.
	Auto Strategy = "auto"
	// StopFirst ends the old generation, waits until its whole tree is gone and then starts the
	// new one: for programs that must run alone, and where no way to hand a port over works.
	StopFirst Strategy = "stop-first"
)

// Policy is what may be chosen about a generation's life. Its zero value works; the numbers below are the defaults.
type Policy struct {
	Strategy Strategy // Auto

	// Watching: files are watched, so a program that fails at its first boot or that has
	// finished waits for the next change. Without it, hotswap ends in both cases.
	Watching bool

	ExplicitReady bool          // listening does not make a generation ready, only word that it is
	ReadyAtStart  bool          // listens cannot be seen, so a generation is ready as soon as it runs
	ReadyTimeout  time.Duration // how long a boot may take beside a generation that serves; 60 s
	// Server: --port names a port, or the program listened at one in its last run. Nothing without a port counts before
	// ReadyTimeout, and the program never counts as running without listening.
	Server bool
	// Told: the user has named where the program listens, or what makes it ready. So nobody is asked whether it is a
	// worker.
	Told bool
	// Listens: PORT is set, so the program never counts as running without listening.
	Listens bool
	// MustListen has the addresses that were opened for the program. With one it is known to be a server, which never
	// counts as running without listening.
	MustListen []handoff.Endpoint
	// Portless: the last run, or an earlier generation of this one, ran without a port. The machine sets this, too.
	Portless bool

	// Probation is how long a generation that was relieved is held ready to serve again, in case
	// the newer one fails; 0: not at all.
	Probation time.Duration

	DrainTimeout time.Duration // from the end of serving until SIGKILL; 10 s
	// StreamTimeout is that time for a generation whose answers are being sent and read; 0: 5 min, or no limit while
	// Watching.
	StreamTimeout time.Duration
	// DrainForever: a generation that serves clients is waited for as long as it takes, also at the end. A generation
	// that was told to stop, since nothing is busy, still has no more than the kill grace.
	DrainForever bool

	// Warm: the program of the next generation is started ahead, once nothing else has been going on for a while.
	Warm bool
	// Inspects: what serves is inspected once it is calm. Where programs are started ahead it is in any case.
	Inspects bool

	// MaxCrashes is how many ends in a row end hotswap, of the serving generation, or of a boot after one while nothing
	// serves; 0: it goes on. For hotswap below another supervisor.
	MaxCrashes int
}

// KillGrace is how long before SIGKILL the stop signal comes at the latest, and the time that
// a program gets to end that has never listened.
func (p Policy) KillGrace() time.Duration {
	if p.DrainForever {
		return 3 * time.Second
	}
	return min(3*time.Second, p.DrainTimeout/3)
}

// WithDefaults returns the policy with a default for each zero.
func (p Policy) WithDefaults() Policy {
	p.Strategy = cmp.Or(p.Strategy, Auto)
	p.ReadyTimeout = cmp.Or(p.ReadyTimeout, time.Minute)
	p.DrainTimeout = cmp.Or(p.DrainTimeout, 10*time.Second)
	if !p.Watching {
		p.StreamTimeout = cmp.Or(p.StreamTimeout, 5*time.Minute)
	}
	return p
}
