package place

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

const (
	folderPrefix = "place-" // of the name of a socket's folder
	socketName   = "socket"

	// nowhere is the path of a socket that could not be opened. Nothing can be there.
	nowhere = "/dev/null/hotswap-could-not-open-a-socket"

	// maxConns bounds the connections of a generation.
	maxConns = 256
)

// Session is the server's part in one generation.
type Session struct {
	of        *Server
	gen       handoff.GenID
	dir       string            // of the socket; "": there is none
	listener  *net.UnixListener // nil: there is none
	tree      func() []int      // the generation's processes; nil until Run
	report    func(handoff.Event)
	living    context.Context // until nothing of the generation is alive; nil until Run
	accepting sync.Mutex      // held while connections are accepted
	serving   sync.WaitGroup  // goroutines that serve connections
	end       func()          // ends a session whose generation is another hotswap's; nil: it is of this one
	guards    sync.WaitGroup  // goroutines that wait for the end of a process
	status    status
	opened    atomic.Int64 // open requests, and leases whose connection has ended before their process
	// unfinished is the size of all buffers for lines that have not ended.
	unfinished atomic.Int64

	// Server.mu guards what follows.
	conns   map[*conn]bool
	place   Place // that was told last
	seq     int   // of the newest event for places
	placed  int   // the event of place
	drained int   // the event of drained; 0: there was none since the place changed
	watches map[*placeRequest]bool
	expects map[int]bool // processes that will ask for the place, as they have asked another hotswap
	leaves  []int        // processes that end their clients' connections by themselves; at most maxConns
	claims  map[*leaseRequest]bool
	spare   *os.File      // of the listener's socket, while another server accepts from it; nil: none does
	finish  chan struct{} // closed when all handlers have answered drained; nil: there is none
}

// Name is "place".
func (s *Server) Name() string { return "place" }

// Prepare opens the generation's socket. If that fails, the program starts all the same, with a path at which
// no connection succeeds: without a path its clients would have a state and leases of their own.
func (s *Server) Prepare(l *handoff.Launch) (handoff.Session, error) {
	ses := s.newSession(l.Gen)
	l.Env = slices.DeleteFunc(slices.Clone(l.Env), func(kv string) bool { return strings.HasPrefix(kv, Variable+"=") })
	if err := ses.listen(s.cfg.Folder); err != nil {
		_ = ses.Close()
		if s.cfg.Without != nil {
			s.cfg.Without(err)
		}
		l.Env = append(l.Env, Variable+"="+nowhere)
		return ses, nil
	}
	l.Env = append(l.Env, Variable+"="+filepath.Join(ses.dir, socketName))
	return ses, nil
}

func (s *Server) newSession(gen handoff.GenID) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.makeSession(gen)
}

func (s *Server) makeSession(gen handoff.GenID) *Session {
	ses := &Session{of: s, gen: gen, conns: map[*conn]bool{}, watches: map[*placeRequest]bool{}, claims: map[*leaseRequest]bool{}, seq: 1, placed: 1}
	ses.place = s.placeLocked(gen)
	s.sessions[gen] = ses
	return ses
}

// listen opens the socket. If hotswap is root, every user who knows the path may connect, because the
// program may have become another user. Nobody else knows the path.
func (ses *Session) listen(in *scratch.Folder) error {
	dir, err := in.Make(folderPrefix)
	if err != nil {
		return fmt.Errorf("place: %w", err)
	}
	ses.dir = dir
	at, bound := scratch.Bindable(dir, socketName)
	defer bound()
	if ses.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"}); err != nil {
		return fmt.Errorf("place: %w", err)
	}
	ses.listener.SetUnlinkOnClose(false) // the path is not the listener's; Close removes the folder
	if os.Geteuid() == 0 {
		err = errors.Join(os.Chmod(filepath.Join(dir, socketName), 0o777), os.Chmod(dir, 0o711))
	}
	return err
}

// Close removes the socket.
func (ses *Session) Close() error {
	s := ses.of
	s.mu.Lock()
	if s.sessions[ses.gen] == ses {
		delete(s.sessions, ses.gen)
	}
	if ses.spare != nil {
		_ = ses.spare.Close()
		ses.spare = nil
	}
	s.mu.Unlock()
	if ses.dir == "" {
		return nil
	}
	err := os.RemoveAll(ses.dir)
	if ses.listener != nil {
		_ = ses.listener.Close()
	}
	return err
}

// Run serves the generation until ctx ends. It returns no error, because a program without its socket
// runs all the same.
func (ses *Session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	defer ses.Close()
	if ses.listener == nil {
		return nil
	}
	ses.of.mu.Lock()
	ses.tree, ses.report, ses.living = r.Tree, report, ctx
	ses.of.mu.Unlock()
	defer ses.gone() // nothing of the generation is alive
	defer ses.serving.Wait()
	ses.accept(ctx)
	return nil
}

// accept serves connections while this server has the store, until ctx ends.
func (ses *Session) accept(ctx context.Context) {
	for ctx.Err() == nil {
		ses.of.mu.Lock()
		owner := ses.of.owner
		ses.of.mu.Unlock()
		select {
		case <-owner:
			ses.acceptOwn(ctx)
		case <-ctx.Done():
		}
	}
}

func (ses *Session) acceptOwn(ctx context.Context) {
	ses.accepting.Lock()
	defer ses.accepting.Unlock()
	ses.of.mu.Lock()
	listener := ses.listener
	ses.of.mu.Unlock()
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	for {
		sock, err := accept.Next(ctx, listener.AcceptUnix, nil)
		if err != nil {
			return
		}
		ses.serving.Go(func() {
			defer sock.Close()
			if pid, ok := peercred.Belongs(sock, ses.tree); ok {
				ses.attend(newConn(ses, sock, pid))
			}
		})
	}
}

// attend serves one connection until its client, or the generation, goes, or it halts.
func (ses *Session) attend(c *conn) {
	if !ses.admit(c) {
		return
	}
	defer ses.leave(c)
	ctx, cancel := context.WithCancel(ses.living)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = c.sock.Close() })()
	if c.first() != nil {
		return
	}
	var writing sync.WaitGroup
	writing.Go(func() { c.write(ctx) })
	c.read()
	cancel()
	c.end()
	writing.Wait()
}

// admit counts a connection, and reports whether there was room.
func (ses *Session) admit(c *conn) bool {
	s := ses.of
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(ses.conns) >= maxConns {
		_, _ = c.sock.Write(failure(0, errorf(codeFull, "the generation has %d connections: close some", maxConns)))
		return false
	}
	ses.conns[c] = true
	if s.peer.away {
		c.halt()
	}
	return true
}

func (ses *Session) leave(c *conn) {
	c.in.hold(0)
	ses.of.mu.Lock()
	defer ses.of.mu.Unlock()
	delete(ses.conns, c)
}
