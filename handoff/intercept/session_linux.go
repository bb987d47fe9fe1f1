package intercept

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// session answers the calls of one generation, one after the other.
type session struct {
	Transport
	gen   handoff.GenID
	build bool // a build, of which only the writes are notified; gen is its number

	// set by Run, owned by its goroutine
	tree          func() []int
	report        func(handoff.Event)
	sockets       map[uint64]bound // by inode
	pruneAt       int              // how many sockets are looked at for those that are gone
	uninspected   bool             // pidfd_getfd is forbidden
	lostOnce      sync.Once        // reports that a bind is unseen
	elsewhereOnce sync.Once        // reports a socket at port 0
	unsharedOnce  sync.Once        // reports an address that two generations cannot have
	began         time.Time        // of Run, right before the program's first code
	unixGates     int              // the unix sockets that have become gates

	ctx           context.Context           // of Run, for the probes
	tasks         sync.WaitGroup            // probes, and calls that are noted, one of each thread at most
	servers       sync.Map                  // by ID of the processes that have listened: since which tick of the clock
	reportedInUse map[handoff.Endpoint]bool // endpoints of another program that were reported

	mu     sync.Mutex               // guards what follows
	probed map[handoff.Endpoint]int // calls of listen, by endpoint that is probed
}

// Run answers until ctx ends or no process is left. An error says that the listener broke. Run opens no descriptor: a
// session that fails to begin would close the listener, and then every bind of the program fails with ENOSYS
// (seccomp_unotify(2)).
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	listener, err := r.Listener()
	if err != nil {
		return fmt.Errorf("no interception: %w", err)
	}
	_ = unix.SetNonblock(listener, true) // for Go's poller
	file := os.NewFile(uintptr(listener), "seccomp listener")
	defer file.Close()
	calls, _ := file.SyscallConn() // fails only without a file
	s.tree, s.report, s.began = r.Tree, report, time.Now()
	s.sockets, s.probed, s.reportedInUse = map[uint64]bound{}, map[handoff.Endpoint]int{}, map[handoff.Endpoint]bool{}
	s.pruneAt = manyBound
	ctx, cancel := context.WithCancel(ctx)
	defer s.tasks.Wait()
	defer cancel()
	s.ctx = ctx
	defer context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })()
	for ctx.Err() == nil {
		ready := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		err := calls.Read(func(uintptr) bool {
			n, err := unix.Poll(ready, 0)
			return n > 0 || err != nil
		})
		if err != nil || ready[0].Revents == unix.POLLERR {
			// The kernel reports POLLERR, too, where a signal keeps it from looking (seccomp_notify_poll in
			// kernel/seccomp.c), and Go's poller keeps that until the next event.
			_, _ = unix.Poll(ready, 10)
		}
		switch {
		case ready[0].Revents&unix.POLLIN != 0:
			if err := s.next(seccomp.Listener(listener)); err != nil {
				return err
			}
		case ready[0].Revents&(unix.POLLHUP|unix.POLLNVAL) != 0: // no process is left
			return nil
		}
	}
	return nil
}

// next receives one notification and answers it.
func (s *session) next(from seccomp.Listener) error {
	n, err := from.Receive()
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("receive seccomp notification: %w", err)
	}
	who := caller{Notification: n, tid: int(n.TID)}
	// Most programs serve no path: then less is read of the caller.
	paths := !s.build && (who.NR == unix.SYS_CONNECT || isUnlink(who.NR)) && len(s.registry.UnixEndpoints()) > 0
	switch {
	case who.NR == unix.SYS_CONNECT && mayBeIP(who.Args[2]):
		s.lead(who)
		who.Continue()
		return nil
	case paths, who.NR == unix.SYS_BIND, who.NR == unix.SYS_LISTEN:
	case who.NR == unix.SYS_SETSOCKOPT:
		s.setsockopt(who)
		fallthrough
	case who.NR == unix.SYS_CONNECT:
		who.Continue()
		return nil
	default:
		s.tasks.Go(func() { s.write(who) })
		return nil
	}
	// If an answer fails, the caller is gone, or was interrupted and calls again.
	err = who.identify()
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		s.trackingLost(err)
	}
	if err != nil || !who.Waits() {
		who.Continue()
		return nil
	}
	answered := false
	switch who.NR {
	case unix.SYS_BIND:
		s.lead(who)
		answered = !s.build && s.bind(who)
	case unix.SYS_LISTEN:
		answered = s.listen(who)
	case unix.SYS_CONNECT:
		answered = s.connect(who)
	default:
		if !s.unlink(who) {
			s.tasks.Go(func() { s.write(who) })
		}
		return nil
	}
	if !answered {
		who.Continue()
	}
	return nil
}

// setsockopt notes what the program says of a socket that cannot be asked.
func (s *session) setsockopt(who caller) {
	inode := who.inode()
	value, err := who.memory(who.Args[3], 4)
	if err != nil || inode == 0 || !who.Waits() {
		return
	}
	b, on := s.sockets[inode], binary.NativeEndian.Uint32(value) != 0
	if int32(who.Args[1]) == unix.IPPROTO_IPV6 {
		b.v6only = on
	} else {
		b.reuseport = on
	}
	if b != s.sockets[inode] {
		s.remember(inode, b)
	}
}

// bind handles bind(2) and reports whether it has answered. If not, the kernel carries the call out, as it
// does when hotswap fails.
func (s *session) bind(who caller) (answered bool) {
	raw, err := who.address()
	if forbidden(err) {
		protocol := who.protocol() // of another user's process not even that may be read
		if protocol == "tcp" || protocol == "" && mayBeIP(who.Args[2]) {
			s.trackingLost(fmt.Errorf("hotswap needs CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE): %w", err))
		}
	}
	if name, ok := unixAddress(raw); ok && err == nil && who.Waits() {
		return s.bindUnix(who, name)
	}
	addr, ok := sockaddr(raw)
	if err != nil || !ok || !who.Waits() {
		return false
	}
	dup, sock := s.inspect(who)
	defer func() {
		unix.Close(dup) // -1: there is none, or the registry owns it
	}()
	udp := sock.protocol == "udp"
	if sock.protocol != "tcp" && !udp {
		return false
	}
	e := handoff.At(sock.protocol, addr, sock.v6only)
	// A listener in another network namespace is reached by none of hotswap's clients. That of the thread comes second,
	// because the thread may have left the one in which it made the socket.
	here, known := sockdiag.IsHere(dup)
	if !known {
		here, _ = who.proc().IsInOurNetwork()
	}
	inode := who.inode()
	if here && e.Port() == 0 && !udp && s.gen == 1 { // see elsewhere
		s.remember(inode, bound{endpoint: e})
	}
	if e.Port() == 0 || !here {
		return false
	}
	if !sock.isShared(addr.Addr(), dup >= 0) {
		s.foresee(e, sock, dup >= 0)
		return false
	}
	if s.opensForClient(e, who) {
		return false
	}
	open := s.openSockets(e, inode)
	plan, err := s.registry.Bind(reuseport.BindRequest{
		Gen: s.gen, Endpoint: e, Inode: inode, User: sock.user, ReusePort: sock.reuseport, Inspectable: dup >= 0,
		Refused: !mayBind(e.Port(), procfs.UnprivilegedPort(), who.effective, who.proc().Link("ns/user"),
			procfs.Self.Link("ns/user")),
		Open:     open,
		Excluded: s.excluded(e, inode),
	})
	switch {
	case errors.Is(err, reuseport.ErrUser):
		s.unshared(e.Short(), err)
	case err != nil:
		return s.refuse(who, e, err)
	case plan.Action == reuseport.Share && udp:
		return s.bindDatagram(who, e, inode, &dup)
	case plan.Action == reuseport.Share:
		if err := unix.SetsockoptInt(dup, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err == nil {
			s.remember(inode, bound{endpoint: e})
		}
	case plan.Action == reuseport.Inject:
		return s.inject(who, dup, e, plan)
	case plan.Taken:
		s.addressInUse(e)
	}
	return false
}

// trackingLost reports once why a bind is unseen. The session goes on answering, because every bind fails
// with ENOSYS if the listener is closed.
func (s *session) trackingLost(err error) {
	s.lostOnce.Do(func() { s.report(handoff.TrackingLost{Gen: s.gen, Err: err}) })
}

// maxInUse bounds the endpoints of a generation that are reported as in use.
const maxInUse = 16

// addressInUse reports, once for each endpoint, that another program listens there, or an older generation by a
// socket that is no gate. A program may retry for ever, or look for a free port among many.
func (s *session) addressInUse(e handoff.Endpoint) {
	if s.reportedInUse[e] || len(s.reportedInUse) == maxInUse {
		return
	}
	s.reportedInUse[e] = true
	if s.isOlder(e) {
		why := errOwn
		if e.IsUDP() {
			why = errKind
		}
		s.unshared(e.Short(), why)
		return
	}
	s.report(handoff.AddressInUse{Gen: s.gen, Endpoint: e, Last: len(s.reportedInUse) == maxInUse})
}

// inspect duplicates the program's socket and describes it. dup is -1 where that is forbidden, or impossible:
// before Linux 6.9, if the first thread of the process has ended. Then inspect knows the protocol's name
// and what setsockopt has noted.
func (s *session) inspect(who caller) (dup int, sock socket) {
	if !s.uninspected {
		dup, err := who.duplicate()
		switch {
		case err == nil:
			return dup, describe(dup)
		case forbidden(err):
			s.uninspected = true
			s.report(handoff.Degraded{Gen: s.gen, Err: err,
				Use: "its own sockets in place of the program's; UDP, and a unix socket without --listen, are handed over only with docker run --cap-add SYS_PTRACE"})
		}
	}
	protocol, inode := who.protocol(), who.inode()
	listeners, _ := sockdiag.Listeners(false, 0) // on an error none is known
	if _, listens := listeners[inode]; listens || inode == 0 {
		protocol = "" // it must not be replaced
	}
	b := s.sockets[inode]
	return -1, socket{protocol: protocol, v6only: b.v6only, reuseport: b.reuseport}
}

// inject puts the gate in the place of the program's socket.
func (s *session) inject(who caller, dup int, e handoff.Endpoint, plan reuseport.BindPlan) (answered bool) {
	if !plan.Done {
		nonblock, closeOnExec := who.flags()
		copyOptions(plan.Fd, dup, nonblock)
		if err := who.AddFD(plan.Fd, who.fd(), closeOnExec); err != nil {
			return false // the caller is gone or was interrupted: a repeated bind gets the gate again
		}
	}
	if e.IsUDP() {
		s.served(who, e, who.inode(), plan.Done, true)
		return true
	}
	s.remember(who.inode(), bound{endpoint: e, listens: true})
	who.Return(0)
	return true
}

// refuse answers with the kernel's error. It does not answer for an error of hotswap.
func (s *session) refuse(who caller, e handoff.Endpoint, err error) (answered bool) {
	if errors.Is(err, reuseport.ErrTaken) {
		s.addressInUse(e)
	}
	var errno unix.Errno
	if !errors.As(err, &errno) {
		if errors.Is(err, reuseport.ErrFull) {
			s.trackingLost(err)
		}
		return false
	}
	who.Return(errno)
	return true
}
