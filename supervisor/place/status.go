package place

import (
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// maxLeases bounds the leases in a status.
const maxLeases = 50

// Waits returns the processes of a generation that have not handled yet that it has drained.
func (s *Server) Waits(gen handoff.GenID) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ses := s.sessions[gen]; ses != nil {
		return ses.waitsLocked()
	}
	return nil
}

// Status returns what the program has asked for; nil if it has asked for nothing.
func (s *Server) Status() *report.ProgramStatus {
	var st report.ProgramStatus
	st.Keys, st.Bytes = s.cfg.Store.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.leases.byName)) {
		of := s.leases.byName[name]
		switch {
		case of.holder == nil:
		case len(st.Leases) == maxLeases:
			st.MoreLeases++
		default:
			st.Leases = append(st.Leases, report.LeaseStatus{Name: name, Generation: of.holder.gen,
				PID: of.holder.c.pid, Revoked: of.holder.state == revoked})
		}
	}
	for _, gen := range slices.Sorted(maps.Keys(s.sessions)) {
		ses := s.sessions[gen]
		st.Clients += int(ses.conns.Load())
		if pids := ses.waitsLocked(); len(pids) > 0 {
			st.Waits = append(st.Waits, report.WaitStatus{Generation: gen, PIDs: pids})
		}
	}
	if st.Clients+st.Keys+len(st.Leases)+len(st.Waits) == 0 {
		return nil
	}
	return &st
}
