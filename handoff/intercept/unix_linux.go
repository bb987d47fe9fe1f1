package intercept

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// Unix sockets are not handed over, but two generations cannot listen at one address:
// the kernel refuses the second bind while the file is there, or an abstract name is
// in use (unix(7)). A program that unlinks the path first gets past that, but then the
// older process unlinks the new one's file when it closes its listener. So hotswap
// answers the bind late: when the older generation's socket is gone, and the file that
// it left is removed.

// unixEvery is the pause between two looks at whether the older generation still
// listens. A look is one pass over the descriptors of that generation.
const unixEvery = 10 * time.Millisecond

// bindUnix answers bind(2) of a unix socket.
func (s *session) bindUnix(n seccomp.Notification, who caller, fd int, name string) {
	rival, place, dir, ok := s.rival(who, fd, name)
	if !ok {
		_ = s.listener.Continue(n.ID)
		return
	}
	defer dir.close()
	switch {
	case !s.listener.Waits(n.ID): // what was read may be another process's
	case s.toldToStop():
		// The address is for the generation after this one.
		_ = s.listener.Return(n.ID, unix.EADDRINUSE)
	case rival.gen > s.gen: // it was let bind, and may not have done so yet
		_ = s.listener.Return(n.ID, unix.EADDRINUSE)
	case rival.listens(who):
		s.probes.Go(func() { s.outlive(n, who, rival, fd, name) })
	default:
		inode := who.inode(fd)
		if !s.unixes.let(place, rival, unixListener{gen: s.gen, inode: inode, tree: s.tree}) {
			s.bindUnix(n, who, fd, name) // another was let bind meanwhile
			return
		}
		dir.clear(rival)
		if !dir.free() {
			s.unixes.refuse(place, inode) // as the kernel does
		}
		_ = s.listener.Continue(n.ID)
	}
}

// rival is the older generation that listens at the address, or has left its file, or
// any other that was let bind there and is about to listen.
func (s *session) rival(who caller, fd int, name string) (l unixListener, place unixPlace, dir unixDir, ok bool) {
	dup, err := who.duplicate(fd)
	if err != nil {
		return l, place, dir, false // where it is forbidden, nothing is known of unix sockets
	}
	defer unix.Close(dup)
	place, dir, err = who.place(name, dup)
	if err != nil {
		return l, place, dir, false // the kernel tells the program
	}
	l, bound, ok := s.unixes.last(place)
	if bound {
		l.file, _ = dir.socket() // nothing was there when it was let bind: it made this
	}
	// A program that has removed the file itself is no exception: the older process
	// removes, when it closes its listener, whatever is at the path by then.
	inItsWay := ok && (l.gen < s.gen || l.gen > s.gen && bound && l.listens(who))
	if !inItsWay || dir.hasOther(l) {
		dir.close()
		return l, place, dir, false
	}
	return l, place, dir, true
}

// outlive looks at the call anew when the rival does not listen any more, or when this
// generation is told to stop. It reports that the call waits for that.
func (s *session) outlive(n seccomp.Notification, who caller, rival unixListener, fd int, name string) {
	s.report(handoff.Blocked{Gen: s.gen, By: rival.gen, Address: name})
	again := time.NewTicker(unixEvery)
	defer again.Stop()
	for rival.listens(who) && !s.toldToStop() {
		select {
		case <-again.C:
		case <-s.stop:
		case <-s.ctx.Done():
		}
		if s.ctx.Err() != nil || !s.listener.Waits(n.ID) {
			s.report(handoff.Unblocked{Gen: s.gen})
			return // the caller is gone, or was interrupted and calls again
		}
	}
	s.report(handoff.Unblocked{Gen: s.gen})
	s.bindUnix(n, who, fd, name)
}

// toldToStop reports whether this generation was told to stop.
func (s *session) toldToStop() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// listenUnix takes note of a unix socket at which the generation is about to listen.
func (s *session) listenUnix(who caller, fd int, inode uint64) {
	dup, err := who.duplicate(fd)
	if err != nil {
		return
	}
	defer unix.Close(dup)
	sa, err := unix.Getsockname(dup)
	at, ok := sa.(*unix.SockaddrUnix)
	if err != nil || !ok || at.Name == "" {
		return
	}
	place, dir, err := who.place(at.Name, dup)
	if err != nil {
		return
	}
	defer dir.close()
	file, there := dir.socket()
	if dir.fd >= 0 && !there {
		return // it was removed or renamed since: nobody else wants it
	}
	earlier, known := s.unixes.find(place)
	s.unixes.enter(place, unixListener{gen: s.gen, inode: inode, file: file, tree: s.tree})
	if known && earlier.gen < s.gen {
		s.report(handoff.ListeningUnix{Gen: s.gen, Address: at.Name})
	}
}
