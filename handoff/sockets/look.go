package sockets

// Place is where a process has a socket open.
type Place struct{ TID, FD int }

// Open has the sockets that processes have open, by inode.
type Open map[uint64]Place

// Has reports whether one of the processes has the socket.
func (o Open) Has(inode uint64) bool { return o[inode] != Place{} }

// Tables are the descriptor tables of processes.
type Tables interface {
	// Sockets returns all sockets that the processes have open. An error means that some are missing, because
	// one of the processes cannot be looked into.
	Sockets(pids func() ([]int, error)) (Open, error)
	// Holds reports whether the socket is still open there, and whether that process lives.
	Holds(at Place, inode uint64) (open, lives bool)
	// InFlight reports whether descriptors that were sent over unix sockets wait to be received by the processes.
	InFlight(pids func() ([]int, error)) bool
}

// Sight is what [Look] is told and finds out about a socket.
type Sight struct {
	Inode uint64
	At    Place // where it was last open
	Known bool  // the look before has missed it
	Open  bool
	Died  bool // the process in which it was last open is gone
}

// Look finds out which of the sockets the processes have open. It reads their tables only if a socket is not where it was,
// and reports whether it has done so and missed nothing new. A socket of which it cannot be known is open. So is one that
// it misses for the first time while a descriptor is on its way between two processes.
func Look(in Tables, pids func() ([]int, error), all []*Sight) (inVain bool) {
	moved, missed := false, false
	for _, s := range all {
		var lives bool
		s.Open, lives = in.Holds(s.At, s.Inode)
		s.Died, moved = s.At != Place{} && !lives, moved || !s.Open
	}
	if !moved {
		return false
	}
	open, unknown := in.Sockets(pids)
	for _, s := range all {
		if open.Has(s.Inode) {
			s.At, s.Open = open[s.Inode], true
		}
		missed = missed || !s.Open && !s.Known
	}
	if unknown != nil || missed && in.InFlight(pids) {
		for _, s := range all {
			s.Open = true
		}
	}
	return unknown != nil || !missed
}
