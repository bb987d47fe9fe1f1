package drain

import (
	"errors"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// pidfdObserver observes by duplicates of the program's descriptors.
//
// A duplicate lives for one check only: a socket is closed when its last descriptor is, so a longer-lived
// duplicate would withhold the FIN when the program closes its own.
type pidfdObserver struct {
	ports    map[uint16]bool
	paths    []string           // the names of unix sockets' paths
	served   map[uint64]bool    // accepted connections of unix sockets at the last discovery, by inode
	reported func(pid int) bool // whether the process has charge of these; nil: no process has
	own      uint64             // the cookie of hotswap's network namespace; 0: not known
	pidfds   map[int]thread     // by process
	known    map[holder]entry   // what each descriptor was at the last discovery
	lacked   bool               // hotswap had no descriptor left, since the last call of short
}

// thread is a living thread of a process; all threads share the descriptors. The first thread may have ended.
type thread struct{ tid, pidfd int }

// entry is a socket that was found under a descriptor.
type entry struct {
	inode, cookie uint64 // cookie 0: not a connection to observe
	unix          bool   // a connection of a unix socket, which the drain only counts
}

func newPidfdObserver(ends []handoff.Endpoint) *pidfdObserver {
	ports, paths := make(map[uint16]bool), []string(nil)
	for _, e := range ends {
		if e.IsUnix() {
			paths = append(paths, path.Base(e.Path))
		} else {
			ports[e.Port()] = true
		}
	}
	own, _ := sockdiag.Network() // none before Linux 5.14
	return &pidfdObserver{ports: ports, paths: paths, own: own, pidfds: make(map[int]thread), known: make(map[holder]entry)}
}

func (g *pidfdObserver) discover(pids []int, conns map[uint64]*conn) {
	known := make(map[holder]entry, len(g.known))
	g.served = make(map[uint64]bool)
	for _, c := range conns {
		c.holders = c.holders[:0]
	}
	living := make(map[int]bool, len(pids))
	for _, pid := range pids {
		living[pid] = true
		err := fdtable.Sockets(pid, func(tid, fd int, inode uint64) {
			h := holder{pid, fd}
			g.reach(pid, tid)
			was, ok := g.known[h]
			if !ok || was.inode != inode || was.cookie != 0 && conns[was.cookie] == nil {
				was = entry{inode: inode}
				if c, ours, sure := g.identify(h); ours && c.cookie == 0 {
					was.unix = true
				} else if ours {
					was.cookie = c.cookie
					if conns[c.cookie] == nil {
						conns[c.cookie] = c
					}
				} else if !sure {
					return // ask again next time
				}
			}
			known[h] = was
			if was.unix && (g.reported == nil || !g.reported(pid)) {
				g.served[inode] = true
			}
			if c := conns[was.cookie]; was.cookie != 0 && c != nil {
				c.holders = append(c.holders, h)
			}
		})
		g.note(err)
	}
	g.known = known
	for pid, t := range g.pidfds {
		if !living[pid] {
			unix.Close(t.pidfd)
			delete(g.pidfds, pid)
		}
	}
}

// identify reports whether a descriptor is a connection to observe. sure says that it is none and never will be.
func (g *pidfdObserver) identify(h holder) (c *conn, ours, sure bool) {
	fd, err := g.dup(h)
	if err != nil {
		return nil, false, false
	}
	defer unix.Close(fd)
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err == nil && domain != unix.AF_INET && domain != unix.AF_INET6 && (domain != unix.AF_UNIX || len(g.paths) == 0) {
		return nil, false, true
	}
	if listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err != nil || listens != 0 {
		return nil, false, false
	}
	if domain == unix.AF_UNIX {
		return &conn{}, g.accepted(fd), true
	}
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil || !isOpen(info.State) {
		return nil, false, false
	}
	local, peer, err := endsOf(fd)
	if err != nil {
		return nil, false, false
	}
	if !g.ports[local.Port()] {
		return nil, false, true
	}
	if n, err := sockdiag.NetworkOf(fd); err == nil && g.own != 0 && n != g.own {
		return nil, false, true // the same port in another network namespace
	}
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		return nil, false, false
	}
	return &conn{cookie: cookie, local: local, peer: peer}, true, true
}

// accepted reports whether a unix socket is a connection that the program accepted at one of the paths. Such a
// connection has the listener's address, which is the path or a generation's own name beside the path
// (handoff/reuseport).
func (g *pidfdObserver) accepted(fd int) bool {
	sa, err := unix.Getsockname(fd)
	at, ok := sa.(*unix.SockaddrUnix)
	name := ""
	if err == nil && ok {
		name = path.Base(at.Name)
	}
	return slices.ContainsFunc(g.paths, func(base string) bool { return name == base || strings.HasPrefix(name, "."+base+".hotswap-") })
}

// unix returns the number of unix sockets' connections.
func (g *pidfdObserver) unix() int { return len(g.served) }

func (g *pidfdObserver) look(conns map[uint64]*conn, each func(*conn, sample, *control)) {
	for _, c := range conns {
		for len(c.holders) > 0 && (!c.reported || c.state.held) {
			if g.lookAt(c, c.holders[0], each) || g.lacked {
				break
			}
			c.holders = c.holders[1:] // this process has closed the connection, another may have it, too
		}
	}
}

// lookAt looks at a connection through one of its holders. It returns false if that holder has closed the connection.
func (g *pidfdObserver) lookAt(c *conn, h holder, each func(*conn, sample, *control)) bool {
	fd, err := g.dup(h)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil || cookie != c.cookie {
		return false
	}
	s, ok := readAgain(fd, &c.state)
	if !ok {
		return false
	}
	each(c, s, &control{fd})
	return true
}

// reach opens a pidfd of a living thread of the process.
func (g *pidfdObserver) reach(pid, tid int) {
	t, ok := g.pidfds[pid]
	if ok && t.tid == tid {
		return
	}
	if ok { // the thread of the last discovery has ended, others run on
		unix.Close(t.pidfd)
		delete(g.pidfds, pid)
	}
	fd, err := fdtable.Pidfd(pid, tid)
	if g.note(err); err == nil {
		g.pidfds[pid] = thread{tid, fd}
	}
}

// dup duplicates a descriptor of a process.
func (g *pidfdObserver) dup(h holder) (int, error) {
	t, ok := g.pidfds[h.pid]
	if !ok {
		return -1, unix.ESRCH
	}
	fd, err := fdtable.Get(t.pidfd, h.fd)
	g.note(err)
	return fd, err
}

// note notes an error that tells of hotswap's own descriptors, and nothing of the program's.
func (g *pidfdObserver) note(err error) {
	g.lacked = g.lacked || errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)
}

func (g *pidfdObserver) short() (was bool) {
	was, g.lacked = g.lacked, false
	return was
}

func (g *pidfdObserver) close() {
	for _, t := range g.pidfds {
		unix.Close(t.pidfd)
	}
	clear(g.pidfds)
}

// read takes a sample, or returns false if the connection has ended. Input that arrives between the system calls shows
// as unread, never as a newer answer.
func read(fd int) (sample, bool) { return readAgain(fd, new(connection)) }

// readAgain is read for a connection of which there may be a sample. Nearly always nothing has moved since, and one
// system call shows that.
func readAgain(fd int, l *connection) (sample, bool) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO)
	if err != nil || !isOpen(info.State) {
		return sample{}, false
	}
	s := sampleOf(info)
	if l.rests(s) {
		return s, true
	}
	unread, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
	for before, tries := 0, 0; err == nil && unread != before && tries < 4; tries++ {
		before = unread // some of that input may be newer than the rest of the sample
		if info, err = unix.GetsockoptTCPInfo(fd, unix.SOL_TCP, unix.TCP_INFO); err == nil {
			unread, err = unix.IoctlGetInt(fd, unix.SIOCINQ)
		}
	}
	if err != nil {
		return sample{}, false
	}
	s = sampleOf(info)
	s.Unread = unread
	if quick, err := unix.GetsockoptInt(fd, unix.SOL_TCP, unix.TCP_QUICKACK); err == nil {
		s.PingPongOff = quick != 0
	}
	return s, true
}

// sampleOf translates struct tcp_info (linux/tcp.h).
func sampleOf(i *unix.TCPInfo) sample {
	age := func(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }
	return sample{
		NotSent: i.Notsent_bytes, Unacked: i.Unacked,
		Received: i.Bytes_received, Sent: i.Bytes_sent - i.Bytes_retrans, Acked: i.Bytes_acked,
		SentAge: age(i.Last_data_sent), ReceivedAge: age(i.Last_data_recv),
		RTT: time.Duration(i.Rtt) * time.Microsecond, MinRTT: time.Duration(min(i.Rtt, i.Min_rtt)) * time.Microsecond, // all ones: none was measured
	}
}

// isOpen reports whether the program may still answer. In CLOSE_WAIT the client has sent its last byte and
// waits for the rest.
func isOpen(state uint8) bool {
	return sockdiag.State(state) == sockdiag.Established || sockdiag.State(state) == sockdiag.CloseWait
}

// endsOf returns the addresses of a connection.
func endsOf(fd int) (local, peer netip.AddrPort, err error) {
	ours, err := unix.Getsockname(fd)
	if err != nil {
		return local, peer, err
	}
	theirs, err := unix.Getpeername(fd)
	return sockdiag.AddrPort(ours), sockdiag.AddrPort(theirs), err
}

// control acts on one connection through a duplicate of its descriptor, which mostly lives for one look.
type control struct{ fd int }

// finish ends the connection in both directions, unless something moved since was. With SHUT_WR alone the program would
// get and carry out a request that is on its way, and could not answer. So meanwhile the socket drops each packet whose
// time to live is below 255 (IP_MINTTL, ip(7), and its like of IPv6); kernels and routers give nearly every client's
// packets less. A filter of the socket would do so, too, but needs CAP_NET_ADMIN in some kernels since Linux 6.18. The
// client's kernel sends the packet again, and then hears that nobody takes it: the client may safely ask anew.
func (h *control) finish(was sample, local netip.Addr) bool {
	level, option := unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT
	if local.Unmap().Is4() {
		level, option = unix.IPPROTO_IP, unix.IP_MINTTL
	}
	before, err := unix.GetsockoptInt(h.fd, level, option)
	if err != nil || unix.SetsockoptInt(h.fd, level, option, 255) != nil {
		return false
	}
	defer unix.SetsockoptInt(h.fd, level, option, before)
	now, ok := read(h.fd)
	same := was.Received == now.Received && was.Written() == now.Written() && now.Unread == 0
	return ok && same && h.end()
}

func (h *control) end() bool { return unix.Shutdown(h.fd, unix.SHUT_RDWR) == nil }
