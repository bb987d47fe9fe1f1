package place

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

const (
	folderPrefix = "place-" // of the name of a socket's folder
	socketName   = "socket"

	// nowhere is the path of a socket that could not be opened. Nothing can be there.
	nowhere = "/dev/null/hotswap-could-not-open-a-socket"

	// maxConns bounds the connections of a generation, maxClaims its requests for leases, maxOpens all its open
	// requests, and maxHeld the bytes of its lines that have not been answered.
	maxConns  = 256
	maxClaims = 16 << 10
	maxOpens  = 16 << 10
	maxUnread = 16 << 20
)

// Session is the server's part in one generation.
type Session struct {
	of       *Server
	gen      handoff.GenID
	dir      string // of the socket
	listener *net.UnixListener
	tree     func() []int   // the generation's processes; nil until Run
	serving  sync.WaitGroup // goroutines that serve connections
	guards   sync.WaitGroup // goroutines that wait for the end of a process
	conns    atomic.Int64
	opens    atomic.Int64 // open requests of all connections
	unread   atomic.Int64 // bytes of lines of all connections, beyond their buffers

	// Server.mu guards what follows.
	living  context.Context // until nothing of the generation is alive; nil until Run
	state   string          // that was told last
	seq     int             // of the newest event for places
	placed  int             // the event of state
	drained int             // the event of drained; 0: there was none
	asked   map[*placeRequest]bool
	claims  map[*claim]bool
	finish  chan struct{} // closed when all handlers have answered drained; nil: there is none
}

// Prepare opens the generation's socket. If that fails, the program starts all the same, with a path at which
// no connection succeeds: without a path its clients would have a state and leases of their own.
func (s *Server) Prepare(l *handoff.Launch) (handoff.Session, error) {
	listener, dir, err := s.cfg.Folder.Listen(folderPrefix, socketName)
	at := filepath.Join(dir, socketName)
	if err != nil {
		at = nowhere
	}
	l.Env = append(handoff.Without(l.Env, Variable), Variable+"="+at)
	if err != nil {
		s.cfg.Without(fmt.Errorf("place: %w", err))
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ses := s.newSessionLocked(l.Gen)
	ses.listener, ses.dir = listener, dir
	return ses, nil
}

func (s *Server) newSessionLocked(gen handoff.GenID) *Session {
	ses := &Session{
		of: s, gen: gen, seq: 1, placed: 1, state: s.stateLocked(gen),
		asked: map[*placeRequest]bool{}, claims: map[*claim]bool{},
	}
	s.sessions[gen] = ses
	return ses
}

// Close removes the socket.
func (ses *Session) Close() error {
	s := ses.of
	s.mu.Lock()
	if s.sessions[ses.gen] == ses {
		delete(s.sessions, ses.gen)
	}
	s.mu.Unlock()
	ses.listener.Close()
	return os.RemoveAll(ses.dir)
}

// Run serves the generation until ctx ends. It returns no error, because a program without its socket
// runs all the same.
func (ses *Session) Run(ctx context.Context, r handoff.Running, _ func(handoff.Event)) error {
	defer ses.Close()
	ses.of.mu.Lock()
	ses.tree, ses.living = r.Tree, ctx
	ses.of.mu.Unlock()
	defer ses.gone() // nothing of the generation is alive
	defer ses.serving.Wait()
	defer context.AfterFunc(ctx, func() { _ = ses.listener.Close() })()
	for {
		sock, err := accept.Next(ctx, ses.listener.AcceptUnix)
		if err != nil {
			return nil
		}
		ses.serving.Go(func() { ses.attend(sock) })
	}
}

func (ses *Session) attend(sock *net.UnixConn) {
	defer sock.Close()
	_, pid, ok := peercred.Belongs(sock, ses.tree)
	if !ok {
		return
	}
	c := newConn(ses, sock, pid)
	defer ses.conns.Add(-1)
	if ses.conns.Add(1) > maxConns {
		_ = c.refuse(errorf(codeFull, "the generation has %d connections: close some", maxConns))
		return
	}
	c.serve(ses.living)
}
