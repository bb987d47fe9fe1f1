package intercept

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Unix sockets are not handed over, but two generations cannot listen at one address:
// the kernel refuses the second bind while the file is there, or an abstract name is
// in use (unix(7)). A program that unlinks the path first takes it over by itself. For
// all others hotswap answers the bind late: when the older generation's socket is gone,
// and the file that it left is removed.

// unixEvery is the pause between two looks at whether the older generation still
// listens. A look is one pass over the descriptors of that generation.
const unixEvery = 10 * time.Millisecond

// bindUnix answers bind(2) of a unix socket.
func (s *session) bindUnix(n notif, who caller, fd int, name string) {
	rival, dir, ok := s.rival(who, fd, name)
	if !ok {
		_ = proceed(s.listener, n.id)
		return
	}
	if !rival.listens(who) {
		dir.clear(rival)
		dir.close()
		_ = proceed(s.listener, n.id)
		return
	}
	s.probes.Go(func() { s.outlive(n, who, rival, dir, name) })
}

// rival is the older generation that listens at the address, or has left its file.
func (s *session) rival(who caller, fd int, name string) (l unixListener, dir unixDir, ok bool) {
	dup, err := who.duplicate(fd)
	if err != nil {
		return l, dir, false // where it is forbidden, nothing is known of unix sockets
	}
	defer unix.Close(dup)
	place, dir, err := who.place(name, dup)
	if err != nil {
		return l, dir, false // the kernel tells the program
	}
	l, ok = s.unixes.find(place)
	if !ok || l.gen >= s.gen {
		dir.close()
		return l, dir, false
	}
	if _, there := dir.socket(); dir.fd >= 0 && !there {
		dir.close()
		return l, dir, false // the program has removed it
	}
	return l, dir, true
}

// outlive lets the call go on when the older generation does not listen any more, and
// reports that it waits for that.
func (s *session) outlive(n notif, who caller, rival unixListener, dir unixDir, name string) {
	defer dir.close()
	s.report(handoff.Blocked{Gen: s.gen, By: rival.gen, Address: name})
	defer s.report(handoff.Unblocked{Gen: s.gen})
	for again := time.NewTicker(unixEvery); rival.listens(who); {
		select {
		case <-again.C:
		case <-s.ctx.Done():
			return
		}
		if !alive(s.listener, n.id) {
			return // the caller is gone, or was interrupted and calls again
		}
	}
	dir.clear(rival)
	_ = proceed(s.listener, n.id)
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
