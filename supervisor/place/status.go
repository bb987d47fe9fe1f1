package place

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Status is what programs have at the server now.
type Status struct {
	Clients     int
	Keys, Bytes int     // of the state
	Leases      []Lease // that are held, by name
	Waits       []Wait  // by generation
}

// Lease is a lease that a process has.
type Lease struct {
	Name    string
	Gen     handoff.GenID
	PID     int // 0: the kernel does not tell
	Since   time.Time
	Revoked bool // the process was asked to give it up
}

// Wait are the processes of a generation that have not handled yet that it has drained.
type Wait struct {
	Gen  handoff.GenID
	PIDs []int
}

// Waits returns the processes of a generation that have not handled yet that it has drained.
func (s *Server) Waits(gen handoff.GenID) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ses := s.sessions[gen]; ses != nil {
		return ses.waitsLocked()
	}
	return nil
}

// Status returns a snapshot.
func (s *Server) Status() Status {
	stats := s.cfg.Store.Stats()
	st := Status{Keys: stats.Keys, Bytes: stats.Bytes}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.leases.byName)) {
		of := s.leases.byName[name]
		if of.holder == nil {
			continue
		}
		r := of.holder.req
		st.Leases = append(st.Leases, Lease{Name: name, Gen: of.holder.gen, PID: r.c.pid, Since: r.since, Revoked: of.revoked})
	}
	for _, ses := range s.sessions {
		st.Clients += len(ses.conns)
		if pids := ses.waitsLocked(); len(pids) > 0 {
			st.Waits = append(st.Waits, Wait{ses.gen, pids})
		}
	}
	slices.SortFunc(st.Waits, func(a, b Wait) int { return cmp.Compare(a.Gen, b.Gen) })
	return st
}
