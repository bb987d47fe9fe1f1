package intercept

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// listen handles listen(2) on a gate or on a socket that becomes one, and reports whether it has answered.
func (s *session) listen(who caller) (answered bool) {
	s.servers.LoadOrStore(who.pid, procfs.Ticks())
	inode := who.inode()
	b := s.sockets[inode]
	known := b.endpoint != (handoff.Endpoint{})
	if inode == 0 || b.endpoint.IsUDP() {
		return false
	}
	debug, dup := debuggerOf(who.arguments()), -1
	if !s.registry.IsGate(inode) {
		own, err := who.duplicate()
		if err != nil {
			return false
		}
		dup = own
		defer func() {
			unix.Close(dup) // -1: the registry owns it
		}()
		if !known {
			b.endpoint, known = s.listenUnix(who, dup)
			if known {
				s.remember(inode, b)
			}
		}
		if b.listens || !known {
			return false
		}
		// The bind may have failed after hotswap shared the socket, and one to another port succeeded.
		if sa, err := unix.Getsockname(dup); err != nil || sockdiag.AddrPort(sa) != b.endpoint.Addr {
			delete(s.sockets, inode)
			if s.gen == 1 && b.endpoint.Port() == 0 && !debug.every && !(debug.chosen && who.tid != who.pid) {
				s.elsewhere(inode)
			}
			return false
		}
	}
	// never at a socket that was passed by number
	debugs := debug.listensAt(b.endpoint.Port(), who.proc().Program(), who.tid == who.pid)
	if !who.Waits() {
		return true
	}
	late, _ := s.registry.IsReady(s.gen, b.endpoint)
	e, err := s.registry.Listen(reuseport.ListenRequest{Gen: s.gen, Backlog: who.Int(1), Inode: inode, Debugger: debugs,
		Endpoint: b.endpoint, Dup: dup})
	if err != nil {
		return s.refuse(who, e, err)
	}
	dup = -1
	s.remember(inode, bound{endpoint: e, listens: true})
	s.answer(who, handoff.Listening{Gen: s.gen, Endpoint: e, Debugger: debugs, Late: late,
		NeedsDebugger: debugs && debug.waits, DebugsItself: debugs && debug.dials})
	return true
}

// answer lets the program's call return, and reports the gate: at once, or when the generation accepts there.
func (s *session) answer(who caller, heard handoff.Listening) {
	e := heard.Endpoint
	// Without a probe the supervisor must know of the gate before the program does. A probe could take the place of the
	// only client that a program which is ready waits for.
	counts := s.probe == nil || heard.Debugger || heard.Late
	if heard.Late { // a program that only looks for a free port closes it at once
		s.tasks.Go(func() {
			if wait.For(s.ctx, time.Second) == nil && s.registry.Open(s.gen, e) {
				s.serves(e)
			}
		})
	} else if counts {
		s.serves(e)
	}
	if counts {
		s.report(heard)
	}
	if e.IsUnix() { // the program's own call, which follows, sets what clients read as SO_PEERCRED
		who.Continue()
	} else {
		who.Return(0)
	}
	if counts {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.probed[e]++
	if s.probed[e] == 1 {
		s.tasks.Go(func() { s.await(heard) })
	}
}

// await reports heard when the generation serves the endpoint. It reports nothing if the program closes the
// listener before, as a program does to see whether a port is free.
func (s *session) await(heard handoff.Listening) {
	e := heard.Endpoint
	for again := true; again; {
		s.mu.Lock()
		calls := s.probed[e]
		s.mu.Unlock()
		closed := errors.Is(s.probe(s.ctx, s.gen, e), reuseport.ErrListenerClosed)
		s.mu.Lock()
		again = closed && s.probed[e] != calls // the program listens again
		if !again {
			delete(s.probed, e)
		}
		s.mu.Unlock()
		if !closed && s.ctx.Err() == nil { // a probe that fails says nothing: then listening counts
			s.serves(e)
			s.report(heard)
		}
	}
}
