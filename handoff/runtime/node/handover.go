package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	lookEvery = 10 * time.Millisecond
	maxTries  = 3   // threads that are asked to take one WebSocket
	maxMoving = 128 // WebSockets of one generation, at once
)

// waits are how long is waited while a WebSocket belongs to nobody.
type waits struct {
	take time.Duration // for the new process to answer the client's old request
	// grace is how much longer its answer may be on its way to us: what is taken in
	// time must not be told as well.
	grace time.Duration
	// successor is how long a generation may take to be there for its inheritance: a
	// thread that has accepted nothing yet is not known.
	successor time.Duration
}

var usualWaits = waits{take: 5 * time.Second, grace: time.Second, successor: 2 * time.Second}

// WebSocketHandoff is how WebSockets are handed over from one generation to the other. The
// zero value: they are not.
type WebSocketHandoff struct {
	Rules []Rule
	// Successor is the generation that serves now; 0: none does.
	Successor func() handoff.GenID
	// Probe lets some process of the generation accept a connection at a port, so
	// that its adapter is there.
	Probe func(ctx context.Context, gen handoff.GenID, port uint16) error
	// Report tells, when a generation has ended, what became of its WebSockets.
	Report func(HandoffStats)
}

// HandoffStats is what became of a generation's WebSockets that were to move.
type HandoffStats struct {
	Gen   handoff.GenID
	Moved int
	Told  map[string]int // to come back, by the reason
}

// Keep is called before the first Prepare.
func (t *Transport) HandOver(k WebSocketHandoff) { t.handoff, t.waits = k, usualWaits }

// hand finds somebody who takes a WebSocket, or tells its client to come back. The
// socket is closed when it returns.
func (a *Session) hand(ctx context.Context, g Give, s *socket) {
	why := a.find(ctx, g, s)
	a.mu.Lock()
	if why == nil {
		a.stats.Moved++
	} else {
		a.stats.refusedLocked(why.Error())
	}
	a.changeLocked()
	reason := CloseReason{Code: restart, Reason: "service restart"}
	if a.order != nil && a.order.WebSocket != nil {
		reason = *a.order.WebSocket
	}
	a.mu.Unlock()
	if why == nil {
		s.close()
	} else {
		reason.tell(s)
	}
}

// restart is "service restart", of IANA's list of codes.
const restart = 1012

func (k *HandoffStats) refusedLocked(why string) {
	why = why[:min(len(why), 200)]
	if k.Told == nil {
		k.Told = map[string]int{}
	}
	if len(k.Told) < 32 || k.Told[why] > 0 {
		k.Told[why]++
	}
}

var errNobody = errors.New("nobody serves there")

// find asks one thread after the other; nil: one has taken it.
func (a *Session) find(ctx context.Context, g Give, s *socket) error {
	var refused error
	asked := map[*thread]bool{}
	for range maxTries {
		next, m := a.successor(ctx, g.Port, asked)
		if m == nil {
			break
		}
		asked[m] = true
		if refused = next.offer(ctx, m, g, s); refused == nil {
			return nil
		}
	}
	return cmp.Or(refused, errNobody)
}

// successor is a thread of the generation that serves, and serves that port. It is waited
// for, and when there is none, probed for.
func (a *Session) successor(ctx context.Context, port uint16, asked map[*thread]bool) (*Session, *thread) {
	k := a.of.handoff
	ctx, cancel := context.WithTimeout(ctx, a.of.waits.successor)
	defer cancel()
	for probed := false; ; {
		b := a.of.Of(k.Successor())
		if b == nil {
			return nil, nil
		}
		if b != a || !a.drains() { // itself: it is about to be relieved, or it serves again
			m, next := b.pick(port, asked)
			if m != nil || len(asked) > 0 {
				return b, m
			}
			if !probed && k.Probe != nil {
				probed = k.Probe(ctx, b.gen, port) == nil
			}
			select {
			case <-next:
			case <-time.After(lookEvery): // another one may serve
			case <-ctx.Done():
			}
		} else {
			select {
			case <-time.After(lookEvery):
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			return nil, nil
		}
	}
}

// drains tells whether the generation does.
func (a *Session) drains() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.order != nil
}

// pick is the next thread in turn that serves the port and is not asked yet; nil:
// there is none before next is closed.
func (a *Session) pick(port uint16, asked map[*thread]bool) (m *thread, next <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var fit []*thread
	for m := range a.threads {
		if m.ports[port] && !m.unresponsive && !asked[m] {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return nil, a.changed
	}
	m = slices.MinFunc(fit, func(x, y *thread) int { return cmp.Or(x.turn-y.turn, x.joined-y.joined) })
	a.turn++
	m.turn = a.turn
	return m, nil
}

// offer asks a thread to take a WebSocket; nil: it has.
func (a *Session) offer(ctx context.Context, m *thread, g Give, s *socket) error {
	passed, err := s.dup()
	if err != nil {
		return fmt.Errorf("pass it on: %w", err)
	}
	answer := make(chan error, 1)
	a.mu.Lock()
	if !a.threads[m] {
		a.mu.Unlock()
		passed.close()
		return errGone
	}
	a.takes++
	id := a.takes
	m.offers[id] = answer
	a.mu.Unlock()
	until := time.Now().Add(a.of.waits.take)
	m.out.put(frame{take{Type: "take", ID: id, Port: g.Port, UntilMS: until.UnixMilli(), Load: g.Load}.line(), passed})
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(m.offers, id)
	}()
	late := time.NewTimer(a.of.waits.take + a.of.waits.grace)
	defer late.Stop()
	select {
	case err := <-answer:
		return err
	case <-late.C:
		a.mu.Lock()
		defer a.mu.Unlock()
		m.unresponsive = true // until it answers: one wait is enough
		return errors.New("the new process did not answer in time")
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errGone = errors.New("the new process is gone")

// answeredLocked passes on what a thread says of an offer.
func (m *thread) answeredLocked(t Taken) {
	m.unresponsive = false
	if answer := m.offers[t.ID]; answer != nil {
		delete(m.offers, t.ID)
		if t.Error == "" {
			answer <- nil
		} else {
			answer <- errors.New(t.Error)
		}
	}
}

// report tells what became of the generation's WebSockets.
func (a *Session) report() {
	a.mu.Lock()
	stats := a.stats
	stats.Gen, stats.Told = a.gen, maps.Clone(stats.Told)
	a.mu.Unlock()
	if report := a.of.handoff.Report; report != nil && (stats.Moved > 0 || len(stats.Told) > 0) {
		report(stats)
	}
}
