package sockets

// Descriptor is where a process has a socket open.
type Descriptor struct{ TID, FD int }

// Open has the sockets that processes have open, by inode.
type Open map[uint64]Descriptor

// Has reports whether one of the processes has the socket.
func (o Open) Has(inode uint64) bool { return o[inode] != Descriptor{} }

// Tables are the descriptor tables of processes.
type Tables interface {
	// Sockets returns all sockets that the processes have open. An error means that some are missing, because
	// one of the processes cannot be looked into.
	Sockets(pids []int) (Open, error)
	// HasOpen reports whether the socket is still open there, and whether that process lives.
	HasOpen(at Descriptor, inode uint64) (open, lives bool)
	// InFlight reports whether descriptors that were sent over unix sockets wait to be received by the processes.
	InFlight(pids []int) bool
}
