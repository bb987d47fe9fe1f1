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
		h.lookOnce(0)
		cost, timer = time.Since(began), nil
		if h.order.Load() != nil {
			timer = time.After(max(hotswapLook, 5*cost))
		}
	}
}

// lookOnce hands over or ends what may go, and sends the state.
func (h *hotswapProcess) lookOnce(seq int) {
	o := h.order.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	if o == nil && seq == 0 {
		return
	}
	if o == nil {
		o = &hotswapMessage{Serves: true}
	}
	told := map[*Server]bool{}
	busy, streams, flowing, stays := h.pending, 0, 0, 0
	free, now := hotswapMost-len(h.given), time.Now()
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
		works := true
		switch {
		case !e.parsed.Load() && state != StateActive: // TLS is negotiated
			works = now.Sub(e.began) < hotswapExpected
		case !e.parsed.Load(): // HTTP/2, perhaps that of another package
			works = c.server.hotswap.goaway != nil || e.flows(now, hotswapExpected)
		case !between || e.closing.Load():
			streams += hotswapIf(e.events.Load())
			flowing += hotswapIf(e.headed.Load() && e.flows(now, hotswapFlows))
		case !moves:
			awaited := o.Next || e.fresh.Load() || e.raw == nil
			works = awaited && now.UnixNano()-e.rested.Load() < int64(hotswapExpected) || seq != 0 && e.arrived()
		case free > 0: // it is about to be handed over
			free--
			e.wake()
		}
		busy += hotswapIf(works)
		stays += hotswapIf(!moves && !e.closing.Load())
	}
	text := fmt.Sprintf(`"type":"state","connections":%d,"busy":%d,"streams":%d,"flowing":%d,"stays":%d`,
		len(h.conns)+h.pending, busy, streams, flowing, stays)
	switch {
	case seq != 0:
		hotswapSay(`{%s,"seq":%d}`, text, seq)
	case text != h.sent:
		hotswapSay(`{%s}`, text)
	}
	h.sent = text
}

func hotswapIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
