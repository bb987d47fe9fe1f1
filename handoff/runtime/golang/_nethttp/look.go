//go:build (linux || darwin) && !386

package http

import (
	"fmt"
	"time"
)

// stir has the adapter look soon, because something has changed.
func (h *hotswapProcess) stir() {
	select {
	case h.stirred <- struct{}{}:
	default:
	}
}

// look looks at every connection in a drain.
func (h *hotswapProcess) look() {
	var timer, soon <-chan time.Time
	var cost time.Duration
	for {
		select {
		case <-h.stirred:
			if soon == nil && h.order.Load() != nil {
				soon = time.After(max(hotswapSoon, 5*cost))
			}
			continue
		case <-soon:
			soon = nil
		case <-timer:
		}
		began := time.Now()
		draining := h.lookOnce(0)
		cost, timer = time.Since(began), nil
		if draining {
			timer = time.After(max(hotswapLook, 5*cost))
		}
	}
}

// lookOnce hands over or ends what may go, and sends the state. It reports whether to look again.
func (h *hotswapProcess) lookOnce(seq int) bool {
	o := h.order.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.flush()
	if o == nil && seq == 0 {
		return len(h.out) > 0 && !h.over
	}
	if o == nil {
		o = &hotswapMessage{Serves: true}
	}
	told := map[*Server]bool{}
	n, free, now := hotswapState{connections: len(h.conns) + h.pending, busy: h.pending}, hotswapMost-len(h.given), time.Now()
	for c, e := range h.conns {
		if s := c.server; s.hotswap.goaway != nil && !o.Serves && !told[s] {
			told[s] = true
			go s.hotswap.goaway()
		}
		state, _ := c.getState()
		moves, between := e.may(o), e.between.Load()
		if o.WebSocket != nil && e.events.Load() {
			go e.endStream()
		}
		busy := true
		switch {
		case !e.parsed.Load() && state != StateActive: // TLS is negotiated
			busy = now.Sub(e.began) < hotswapExpected
		case !e.parsed.Load(): // HTTP/2, perhaps that of another package
			busy = c.server.hotswap.goaway != nil || e.flows(now, hotswapExpected)
		case !between || e.closing.Load():
			n.streams += hotswapIf(e.events.Load())
			n.flowing += hotswapIf(e.headed.Load() && e.flows(now, hotswapFlows))
		case !moves:
			awaited := o.Next || e.fresh.Load() || e.raw == nil
			busy = awaited && now.UnixNano()-e.rested.Load() < int64(hotswapExpected) || seq != 0 && e.arrived()
		case free > 0: // it is about to be handed over
			free--
			e.wake()
		}
		n.busy += hotswapIf(busy)
		n.stays += hotswapIf(!moves && !e.closing.Load())
	}
	switch text := n.String(); {
	case seq != 0:
		h.say(`{%s,"seq":%d}`, text, seq)
		h.sent = text
	case text != h.sent:
		h.say(`{%s}`, text)
		h.sent = text
	}
	return h.order.Load() != nil
}

// hotswapState is the progress of a drain.
type hotswapState struct{ connections, busy, streams, flowing, stays int }

func (n hotswapState) String() string {
	return fmt.Sprintf(`"type":"state","connections":%d,"busy":%d,"streams":%d,"flowing":%d,"stays":%d`, n.connections, n.busy, n.streams, n.flowing, n.stays)
}

func hotswapIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
