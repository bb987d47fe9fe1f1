package intercept

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// Unix sockets are not handed over, and two generations cannot listen at one address: the kernel refuses the
// second bind while the file exists or an abstract name is in use (unix(7)). A program that unlinks the path
// first can bind, but then the older process unlinks the new file when it closes its listener. So hotswap
// delays its answer to the bind until the older generation's socket is gone and its file is removed.

// unixEvery is the pause between two looks at whether the older generation still listens.
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
	case !s.listener.Waits(n.ID): // what was read may be of another process
	case s.stopping():
		// The address is for the generation after this one.
		_ = s.listener.Return(n.ID, unix.EADDRINUSE)
	case rival.gen > s.gen: // admitted, but it may not have bound yet
		_ = s.listener.Return(n.ID, unix.EADDRINUSE)
	case rival.listens(who):
		s.probes.Go(func() { s.waitForRival(n, who, rival, fd, name) })
	default:
		inode := who.inode(fd)
		if !s.unixes.admit(place, rival, unixListener{gen: s.gen, inode: inode, tree: s.tree}) {
			s.bindUnix(n, who, fd, name) // another bind was admitted meanwhile
			return
		}
		dir.clear(rival)
		if !dir.free() {
			s.unixes.refuse(place, inode) // as the kernel does
		}
		_ = s.listener.Continue(n.ID)
	}
}

// rival returns the older generation that listens at the address or has left its file, or another generation
// whose bind there was admitted.
func (s *session) rival(who caller, fd int, name string) (l unixListener, place unixPlace, dir unixDir, ok bool) {
	dup, err := who.duplicate(fd)
	if err != nil {
		return l, place, dir, false // where this is forbidden, unix sockets are unknown
	}
	defer unix.Close(dup)
	place, dir, err = who.place(name, dup)
	if err != nil {
		return l, place, dir, false // the kernel returns the error to the program
	}
	l, bound, ok := s.unixes.last(place)
	if bound {
		l.file, _ = dir.socket() // no file was there when its bind was admitted, so this is its own
	}
	// This holds even if the program has removed the file itself, because the older process removes whatever
	// is at the path when it closes its listener.
	inItsWay := ok && (l.gen < s.gen || l.gen > s.gen && bound && l.listens(who))
	if !inItsWay || dir.hasOther(l) {
		dir.close()
		return l, place, dir, false
	}
	return l, place, dir, true
}

// waitForRival decides about the bind again when the rival does not listen any more, or this generation must
// stop. It reports that the bind is blocked meanwhile.
func (s *session) waitForRival(n seccomp.Notification, who caller, rival unixListener, fd int, name string) {
	s.report(handoff.Blocked{Gen: s.gen, By: rival.gen, Address: name})
	again := time.NewTicker(unixEvery)
	defer again.Stop()
	for rival.listens(who) && !s.stopping() {
		select {
		case <-again.C:
		case <-s.stopped:
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

// stopping reports whether the stop signal was sent to this generation.
func (s *session) stopping() bool {
	select {
	case <-s.stopped:
		return true
	default:
		return false
	}
}

// listenUnix records a unix socket at which the generation is about to listen. Where that makes
// the generation ready, hotswap listens first, through its duplicate: the report must not come
// before clients can connect. The program's own call, which follows, sets the peer credentials.
func (s *session) listenUnix(who caller, fd, backlog int, inode uint64) {
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
		return // removed or renamed: no other generation wants the address
	}
	earlier, known := s.unixes.find(place)
	s.unixes.record(place, unixListener{gen: s.gen, inode: inode, file: file, tree: s.tree})
	if known && earlier.gen < s.gen && unix.Listen(dup, backlog) == nil {
		s.report(handoff.ListeningUnix{Gen: s.gen, Address: at.Name})
	}
}
