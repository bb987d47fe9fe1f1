package intercept

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// chosen is the generation's listener at a port that the kernel chose, unless an older generation has that port.
type chosen struct {
	at    handoff.Endpoint
	inode uint64 // 0: there is none
	many  bool   // there were several, or it was found to be internal: none counts any more
}

// bindChosen handles bind(2) of port 0. The socket gets the number of the older generation's only port, if the kernel chose
// that one, too, and no process of that generation is its client. Else the kernel chooses a number.
func (s *session) bindChosen(n seccomp.Notification, who caller, fd, dup int, raw []byte, like handoff.Endpoint, sock socket) (answered bool) {
	if !sock.tcp || dup < 0 || !sock.isShared(like.Addr.Addr(), true) {
		return false
	}
	inode := who.inode(fd)
	e, ok := s.registry.Number(s.gen, like)
	own := s.openSockets(e, inode)
	if ok && !s.excludedByOwn(e, inode, own) && !s.registry.HeldByAnother(s.gen, clientsOf(e)...) {
		plan, err := s.registry.Bind(reuseport.BindRequest{
			Gen: s.gen, Endpoint: e, Inode: inode, User: sock.user, Inspectable: true,
			StillOpen: own.has, Excluded: func() bool { return false },
		})
		binary.BigEndian.PutUint16(raw[2:], e.Port())
		switch {
		case err != nil:
		case plan.Action == reuseport.Inject:
			return s.inject(n, who, fd, dup, e, plan)
		case plan.Action == reuseport.Share && unix.SetsockoptInt(dup, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) == nil && bindTo(dup, raw, e) == 0:
			s.sockets[inode] = bound{endpoint: e}
			_ = s.listener.Return(n.ID, 0)
			return true
		}
	}
	s.sockets[inode] = bound{endpoint: like, chosen: true}
	return false
}

// choose completes the request for a socket that is about to listen at a port that the kernel chose. It returns false if the
// generation has another port of TCP: then the sockets of all chosen ports stay the program's alone.
func (s *session) choose(req *reuseport.ListenRequest, inode uint64, dup int) bool {
	sa, err := unix.Getsockname(dup)
	if err != nil {
		return false
	}
	req.Chosen, req.Endpoint.Addr = true, sockdiag.AddrPort(sa)
	if first := s.first(); first != 0 && first != inode {
		s.release(s.has(first))
	}
	s.mu.Lock()
	many := s.chosen.many
	s.mu.Unlock()
	return !many && s.registry.Alone(s.gen, req.Endpoint) && unix.SetsockoptInt(dup, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) == nil
}

// listensAt follows the listeners of the generation, of which this one is the newest. It reports whether that is at a port
// which the kernel chose: [handoff.Listening] comes when nothing shows for anotherWithin that the port is internal. hotswap does
// not connect there, because some programs accept one connection only.
func (s *session) listensAt(heard handoff.Listening, inode uint64) bool {
	if !heard.Chosen {
		if at := s.chosenAt(); !heard.Debugger && !heard.Endpoint.IsUnix() && at.Port() != heard.Endpoint.Port() {
			s.release(false)
		}
		return s.first() == inode // which listens again
	}
	s.mu.Lock()
	s.chosen = chosen{at: heard.Endpoint, inode: inode}
	s.mu.Unlock()
	s.probes.Go(func() {
		if wait.For(s.ctx, s.anotherWithin) == nil {
			s.counts(heard, inode)
		}
	})
	return true
}

// counts reports heard, unless that port has been released, is closed, or has a process of the generation as its client.
func (s *session) counts(heard handoff.Listening, inode uint64) {
	if s.first() != inode {
		return
	}
	if open := s.has(inode); !open || s.has(clientsOf(heard.Endpoint)...) {
		s.release(open)
	} else {
		s.report(heard)
	}
}

func (s *session) first() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen.inode
}

func (s *session) chosenAt() handoff.Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen.at
}

// release leaves the listener at the chosen port to the program; many: and each that follows.
func (s *session) release(many bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen.inode != 0 {
		s.registry.LeavePort(s.gen, s.chosen.at)
	}
	s.chosen = chosen{many: many || s.chosen.many}
}

// has reports whether a process of the generation has one of the sockets open.
func (s *session) has(inodes ...uint64) bool {
	any := map[uint64]bool{}
	for _, inode := range inodes {
		any[inode] = true
	}
	return slices.ContainsFunc(s.tree(), func(pid int) bool { return fdtable.HasAny(pid, any) })
}

// clientsOf returns the sockets of this machine's clients that are connected to the endpoint.
func clientsOf(e handoff.Endpoint) (inodes []uint64) {
	all, _ := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Established}}) // on an error none is known
	type ends struct{ from, to netip.AddrPort }
	plain := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
	accepted, at := map[ends]bool{}, e.Addr.Addr().Unmap()
	for _, c := range all {
		if c.Local.Port() == e.Port() && (at.IsUnspecified() || c.Local.Addr().Unmap() == at) {
			accepted[ends{plain(c.Remote), plain(c.Local)}] = true
		}
	}
	for _, c := range all {
		if c.Inode != 0 && accepted[ends{plain(c.Local), plain(c.Remote)}] {
			inodes = append(inodes, c.Inode)
		}
	}
	return inodes
}
