package node

import (
	"context"
	"errors"
	"time"
)

const (
	maxPassing = 1024 // kept connections of one generation that hotswap has at once
	probeAgain = 100 * time.Millisecond
)

// lane says whether the connections of one port can move in the current drain.
type lane struct {
	known chan struct{} // closed when err is set
	err   error
}

var (
	errBack    = errors.New("the generation serves again")
	errFewer   = errors.New("fewer threads serve there than before")
	errTooMany = errors.New("too many were to move")
)

// pass offers a kept connection of the thread t to the serving generation, and tells t
// what has become of it. It closes the socket.
func (a *Session) pass(ctx context.Context, t *thread, m Pass, s *socket) {
	defer s.close()
	answer := order{Type: "passed", ID: m.ID}
	if err := a.moveOn(ctx, m, s); err != nil {
		answer.Error = err.Error()
	}
	t.write(answer)
}

func (a *Session) moveOn(ctx context.Context, m Pass, s *socket) error {
	a.mu.Lock()
	a.passing++
	many, back := a.passing > maxPassing, a.order == nil
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.passing--
	}()
	switch {
	case many:
		return errTooMany
	case back:
		return errBack
	}
	if err := a.spread(ctx, m.Port); err != nil {
		return err
	}
	return a.find(ctx, take{Type: "take", Port: m.Port, HTTP: true, Fresh: m.Fresh, left: a.ended}, s)
}

// spread waits until the serving generation has as many threads at the port as this one,
// or else the workers of a cluster that have accepted a connection first would get all
// connections of the others. Only the first call of a drain for a port waits; later ones
// return what it has found.
func (a *Session) spread(ctx context.Context, port uint16) error {
	a.mu.Lock()
	l := a.lanes[port]
	if l == nil {
		l = &lane{known: make(chan struct{})}
		a.lanes[port] = l
		want := max(a.servingLocked(port), 1)
		a.mu.Unlock()
		l.err = a.await(ctx, port, want)
		close(l.known)
		return l.err
	}
	a.mu.Unlock()
	<-l.known
	return l.err
}

// await opens probe connections to the serving generation until that many of its threads
// have accepted one at the port. It looks once more when the time is over, as successor does.
func (a *Session) await(ctx context.Context, port uint16, want int) error {
	h := a.of.handoff
	if h.Successor == nil {
		return errNobody
	}
	timed, cancel := context.WithTimeout(ctx, a.of.waits.spread)
	defer cancel()
	err := errNobody
	var probed time.Time
	for probes, over := 0, false; ctx.Err() == nil && !over; {
		over = timed.Err() != nil
		if !a.drains() {
			return errBack
		}
		var next <-chan struct{}
		if b := a.of.Of(h.Successor()); b != nil && b != a {
			b.mu.Lock()
			have := b.servingLocked(port)
			next = b.changed
			b.mu.Unlock()
			if have >= want {
				return nil
			}
			if have > 0 {
				err = errFewer
			}
			if h.Probe != nil && (probes <= have || time.Since(probed) > probeAgain) {
				probes, probed = probes+1, time.Now()
				_ = h.Probe(timed, b.gen, port)
			}
		}
		select {
		case <-next:
		case <-time.After(lookEvery): // another generation may serve
		case <-timed.Done():
		}
	}
	return err
}

// servingLocked returns how many threads serve the port.
func (a *Session) servingLocked(port uint16) (n int) {
	for t := range a.threads {
		if t.ports[port] && !t.unresponsive {
			n++
		}
	}
	return n
}
