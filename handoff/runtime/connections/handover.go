package connections

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	lookEvery = 10 * time.Millisecond // between two looks at what another process does, while a client waits
	lookMost  = 8 * lookEvery         // when no generation serves for long
	maxMoving = 128                   // WebSockets of one generation, at once
	maxOffers = 64                    // that a thread has not answered
)

// waits bound the time in which no process reads a connection.
type waits struct {
	// take is for a process to take a connection. Its client may wait already, as new clients of that process do.
	take time.Duration
	// grace is how much longer the answer may take to arrive here: what was taken in time must not be closed, or
	// given back, as well. It counts only when hotswap has got a processor again.
	grace time.Duration
	// successor is how long to wait for a thread that has accepted a connection at the same place.
	successor time.Duration
	// slot is how long a thread's WebSockets wait in all while maxMoving others move.
	slot time.Duration
}

// usualWaits leave a client less time without a reader than clients allow for an answer.
var usualWaits = waits{take: 5 * time.Second, grace: time.Second, successor: 2 * time.Second, slot: 5 * time.Second}

// Handoff is how connections move from one generation to the next. It is complete before the first Prepare.
type Handoff struct {
	// Successor returns the serving generation. 0: none serves, but one will, if awaited is true.
	Successor func() (gen handoff.GenID, awaited bool)
	// Report gets what has become of WebSockets when a generation has ended.
	Report func(HandoffStats)
}

// HandoffStats is what has become of a generation's WebSockets that were to move.
type HandoffStats struct {
	Gen     handoff.GenID
	Moved   int
	Told    int      // to reconnect
	Reasons []string // for that, each once
}

// given returns what handles the WebSockets that a thread gives. While too many move the thread is not read, and waits,
// but not for so long that its process is killed first.
func (a *Session) given() func(Give, *wire.Socket) {
	wait := a.of.waits.slot
	return func(g Give, s *wire.Socket) {
		began, free := time.Now(), time.After(wait)
		select {
		case a.moving <- struct{}{}:
			a.handing.Go(func() {
				defer func() { <-a.moving }()
				k, err := a.find(take{Type: "take", At: g.At, Load: g.Load}, s)
				k.discard()
				a.handed(s, err)
			})
		case <-free:
			a.handed(s, errBusy)
		}
		wait -= time.Since(began)
		if len(a.moving) < cap(a.moving) {
			wait = a.of.waits.slot
		}
	}
}

// handed closes hotswap's end of a WebSocket that has moved, and tells the client of one that has not.
func (a *Session) handed(s *wire.Socket, err error) {
	a.links.Lock()
	if err == nil {
		a.stats.Moved++
	} else {
		a.stats.refusedLocked(err.Error())
	}
	a.links.Change.Now()
	reason := Restart
	if a.order != nil && a.order.CloseReason != nil {
		reason = *a.order.CloseReason
	}
	a.links.Unlock()
	if err == nil {
		s.Close()
	} else {
		reason.send(s)
	}
}

// Restart tells clients to come again, by "service restart" of IANA's list of codes.
var Restart = CloseReason{Code: 1012, Reason: "service restart"}

func (s *HandoffStats) refusedLocked(why string) {
	s.Told++
	why = why[:min(len(why), 200)]
	if len(s.Reasons) < 32 && !slices.Contains(s.Reasons, why) {
		s.Reasons = append(s.Reasons, why)
	}
}

var (
	errNobody = errors.New("nobody serves there")
	errGone   = errors.New("the new process is gone")
	errBusy   = errors.New("too many were to move")
	errLate   = errors.New("the new process did not answer in time")
)

const (
	cameLate = "it came too late"          // what adapters answer to an offer whose time is over
	cameNot  = "the socket did not arrive" // the same in a process that may open no more descriptors
)

// find offers a connection to a thread of the serving generation.
func (a *Session) find(m take, s *wire.Socket) (*offer, error) {
	next, t := a.successor(m.At)
	if t == nil {
		return nil, errNobody
	}
	return next.offer(t, m, s)
}

// successor returns a thread of the serving generation that serves the place. It waits until a generation serves, and
// then a while for such a thread: a generation serves when a thread has accepted hotswap's own connection, and the
// thread's adapter connects then. It looks once more when the time is over, so that a stall cannot hide a thread.
func (a *Session) successor(at string) (*Session, *thread) {
	var until time.Time // set when another generation serves
	last := handoff.GenID(0)
	for pause := lookEvery; ; pause = min(2*pause, lookMost) {
		gen, awaited := a.of.Successor()
		if gen == 0 && !awaited {
			return nil, nil
		}
		if gen != 0 && gen != last {
			last, until, pause = gen, time.Now().Add(a.of.waits.successor), lookEvery
		}
		over := gen != 0 && time.Now().After(until)
		var t *thread
		var next <-chan struct{}
		b := a.of.of(gen)
		if b != nil && (b != a || !a.drains()) { // otherwise a new generation is about to serve
			t, next = b.pick(at)
		}
		if t != nil {
			return b, t
		}
		if over {
			return nil, nil
		}
		select {
		case <-next:
		case <-time.After(pause): // another generation may serve
		}
	}
}

func (a *Session) drains() bool {
	a.links.Lock()
	defer a.links.Unlock()
	return a.order != nil
}

// pick returns the next thread in turn that serves the place. Without one it returns a channel that is closed at the
// next change.
func (a *Session) pick(at string) (*thread, <-chan struct{}) {
	a.links.Lock()
	defer a.links.Unlock()
	var fit []*thread
	for _, t := range a.links.Links {
		if t.addresses[at] {
			fit = append(fit, t)
		}
	}
	if len(fit) == 0 {
		return nil, a.links.Change.Next()
	}
	t := slices.MinFunc(fit, func(x, y *thread) int { return x.picked - y.picked })
	a.picks++
	t.picked = a.picks
	return t, nil
}

// offer is a connection that a thread was asked to take, or has taken.
type offer struct {
	of     *Session
	to     *thread
	id     int
	answer chan error    // has room for one; later ones do not count
	owned  chan struct{} // closed when a request has come to the process, or the process has closed the connection
}

func (o *offer) answered(err error) {
	select {
	case o.answer <- err:
	default:
	}
}

func (o *offer) discard() {
	if o != nil {
		o.of.links.Lock()
		defer o.of.links.Unlock()
		delete(o.to.offers, o.id)
	}
}

// offer asks a thread to take a connection. Without an error the caller discards what it returns.
func (a *Session) offer(t *thread, m take, s *wire.Socket) (*offer, error) {
	wait, grace := a.of.waits.take, a.of.waits.grace
	late := time.NewTimer(wait + grace)
	defer late.Stop()
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-t.Gone:
	case <-late.C:
		return nil, errLate
	}
	late.Reset(wait)
	a.links.Lock()
	if t.gone {
		a.links.Unlock()
		return nil, errGone
	}
	a.offers++
	m.ID = a.offers
	o := &offer{a, t, m.ID, make(chan error, 1), make(chan struct{})}
	t.offers[m.ID] = o
	a.links.Unlock()
	until := time.Now().Add(wait)
	m.UntilMS = until.UnixMilli()
	t.Send(m, s)
	err := o.wait(late, grace)
	if errors.Is(err, errGone) { // a process that lives may still read the offer
		a.ended(t, until.Add(grace))
	}
	if err != nil {
		o.discard()
		if err.Error() == cameNot {
			a.of.short(t.PID)
		}
		return nil, err
	}
	return o, nil
}

// wait waits for a thread's answer until the timer has fired and the grace is over. The grace begins when hotswap runs:
// on a busy machine the answer may lie there unread, and two processes must not own one connection.
func (o *offer) wait(late *time.Timer, grace time.Duration) error {
	for range 2 {
		select {
		case err := <-o.answer:
			return err
		case <-late.C:
			late.Reset(grace)
		}
	}
	return errLate
}

func (t *thread) answeredLocked(m Taken) {
	o := t.offers[m.ID]
	switch {
	case o == nil:
	case m.Error == "":
		o.answered(nil)
	case m.Error == cameLate:
		o.answered(errLate)
	default:
		o.answered(errors.New(m.Error))
	}
}

func (t *thread) ownedLocked(m Taken) {
	if o := t.offers[m.ID]; o != nil {
		delete(t.offers, m.ID) // so that no other message closes it
		close(o.owned)
	}
}

// send ends a WebSocket between two messages, as its server would: with a close frame,
// after which the client closes.
func (g CloseReason) send(s *wire.Socket) {
	f := os.NewFile(uintptr(s.FD), "websocket") // owns the descriptor
	conn, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(wait.Reply))
	if _, err := conn.Write(g.frame()); err != nil {
		return
	}
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	// Closed with bytes unread it would be reset, and the client might lose the frame.
	_, _ = io.Copy(io.Discard, conn)
}

// frame is the close frame of a server, RFC 6455, section 5.5.1.
func (g CloseReason) frame() []byte {
	reason := g.Reason[:min(len(g.Reason), 123)]
	b := []byte{0x88, byte(2 + len(reason)), 0, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(g.Code))
	return append(b, reason...)
}
