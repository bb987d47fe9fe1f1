package hotswap

import (
	"slices"
	"sync"
)

// memory answers requests without hotswap, as hotswap does (docs/state.md).
type memory struct {
	mu   sync.Mutex // guards the following fields, and is held while the functions of requests are called
	last uint64     // id of a request
	open []*waiter  // for leases, in the order in which they came
}

// waiter is a request that stays open.
type waiter struct {
	request
	on func(*message)
}

func (m *memory) send(r request, on func(*message)) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	r.ID = m.last
	switch r.Op {
	case "place":
		go on(&message{Event: "place", Seq: 1, State: "serving", Serving: true})
	case "lease":
		first := m.firstLocked(r.Name) == nil
		m.open = append(m.open, &waiter{r, on})
		if first {
			on(&message{Event: "granted"})
		}
	}
	return r.ID
}

// also ends a request for a lease: nothing else is said of one.
func (m *memory) also(id uint64, _ request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(m.open, func(w *waiter) bool { return w.ID == id })
	if at < 0 {
		return
	}
	w := m.open[at]
	had := m.firstLocked(w.Name) == w
	m.open = slices.Delete(m.open, at, at+1)
	w.on(&message{Code: "canceled"})
	if next := m.firstLocked(w.Name); had && next != nil {
		next.on(&message{Event: "granted"})
	}
}

// firstLocked returns the request that has the lease; nil: none has.
func (m *memory) firstLocked(name string) *waiter {
	if at := slices.IndexFunc(m.open, func(w *waiter) bool { return w.Name == name }); at >= 0 {
		return m.open[at]
	}
	return nil
}
