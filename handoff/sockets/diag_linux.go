package sockets

import (
	"sync"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Queued asks sock_diag: a connection that was not accepted has no inode. Its client may have closed it already.
func (System) Queued(c Conn) (bool, error) {
	s, there, err := lookups.ask(sockdiag.Name{Local: c.Server, Remote: c.Client})
	if err != nil || !there {
		return false, err
	}
	return s.Inode == 0 && (s.State == sockdiag.Established || s.State == sockdiag.CloseWait), nil
}

// UnderWay reports whether the handshake of a connection is under way. A dump ([System.HalfOpen]) would
// walk the kernel's table of all connections, which takes milliseconds.
func (System) UnderWay(c Conn) (bool, error) {
	s, there, err := lookups.ask(sockdiag.Name{Local: c.Server, Remote: c.Client})
	return there && s.State == sockdiag.SynRecv, err
}

// sharedConn keeps a netlink socket, because a probe asks a hundred times a second under the registry's lock.
// A new socket for each question takes ten times as long as the question.
type sharedConn struct {
	mu   sync.Mutex // held during a question
	conn *sockdiag.Conn
}

var lookups sharedConn

func (a *sharedConn) ask(n sockdiag.Name) (s sockdiag.Socket, there bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn == nil {
		if a.conn, err = sockdiag.Open(); err != nil {
			return s, false, err
		}
	}
	if s, there, err = a.conn.Lookup(n); err != nil {
		a.conn.Close() // it may have half an answer
		a.conn = nil
	}
	return s, there, err
}

// Sockets reads the descriptor tables of the processes. A process that has ended has none.
func (System) Sockets(of func() ([]int, error)) (map[uint64]struct{}, error) {
	pids, err := of()
	if err != nil {
		return nil, err
	}
	open := map[uint64]struct{}{}
	for _, pid := range pids {
		if err := fdtable.Sockets(pid, func(_, _ int, inode uint64) { open[inode] = struct{}{} }); err != nil {
			return nil, err
		}
	}
	return open, nil
}
