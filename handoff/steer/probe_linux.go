package steer

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// probeEvery is the pause between two looks at whether a probe has been
	// accepted, and between two attempts to connect.
	probeEvery = 10 * time.Millisecond
	// maxProbes bounds the probes that are under way at once; each has a
	// descriptor. A program may listen on hundreds of addresses and accept on
	// none.
	maxProbes = 16
	// turnAfter is how long a probe waits for its turn.
	turnAfter = 3 * time.Second
)

// Prober finds out when a generation serves an endpoint.
type Prober struct {
	registry *handoff.Registry
	kernel   Kernel
	turns    chan struct{}
}

// NewProber returns a Prober for the registry's gates.
func NewProber(r *handoff.Registry) *Prober {
	return &Prober{registry: r, turns: make(chan struct{}, maxProbes)}
}

// Probe returns nil when the generation has accepted a connection on the endpoint:
// a connection of ours, from a client port that alone is steered to the
// generation's gate. It carries nothing and is closed after. A program that
// was handed its socket, and so never calls listen, shows that way that it
// serves.
//
// Probe returns [handoff.ErrListenerClosed] when the program has closed its
// listener; else an error is that of ctx or of the system. While as many probes
// as are allowed wait for programs that do not accept, a further one waits for
// its turn, and then listening has to do.
func (p *Prober) Probe(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) error {
	switch err := p.turn(ctx, gen, e); {
	case errors.Is(err, errNoTurn):
		return nil
	case err != nil:
		return err
	}
	defer func() { <-p.turns }()
	for {
		if again, err := p.knock(ctx, gen, e); !again {
			return err
		}
	}
}

// knock is one connection of the probe. again: the program has closed the listener
// that it went to, and has another one there.
func (p *Prober) knock(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (again bool, err error) {
	client, conn, err := reached(ctx, p.registry, gen, e, true)
	if err != nil {
		return false, err
	}
	defer unix.Close(client)
	for wait := time.Millisecond; ; wait = min(2*wait, probeEvery) {
		if queued, err := p.kernel.Queued(conn); err != nil || !queued {
			return false, err
		}
		switch {
		case p.registry.Closed(gen, e):
			return false, handoff.ErrListenerClosed
		case p.registry.Deserted(gen, e, conn):
			return true, nil
		}
		if err := pause(ctx, wait); err != nil {
			return false, err
		}
	}
}

// errNoTurn says that too many probes are under way.
var errNoTurn = errors.New("too many probes are under way")

// turn waits until the probe may begin.
func (p *Prober) turn(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) error {
	for end := time.Now().Add(turnAfter); ; {
		select {
		case p.turns <- struct{}{}:
			return nil
		default:
		}
		switch {
		case p.registry.Closed(gen, e):
			return handoff.ErrListenerClosed
		case !time.Now().Before(end):
			return errNoTurn
		}
		if err := pause(ctx, probeEvery); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
