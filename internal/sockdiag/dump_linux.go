package sockdiag

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Conn is a netlink socket for several questions, used by one goroutine at a time.
type Conn struct {
	fd  int
	buf []byte
}

// Open returns a Conn, for the caller to close.
func Open() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: %w", err)
	}
	return &Conn{fd: fd, buf: make([]byte, 64<<10)}, nil
}

func (c *Conn) Close() { _ = unix.Close(c.fd) }

// Dump calls each for every socket that matches. Info is valid during the call only. A dump is no snapshot,
// because the kernel's tables change meanwhile.
func (c *Conn) Dump(q Query, each func(Socket)) error {
	families := []Family{q.Family}
	if q.Family == Both {
		families = []Family{IPv4, IPv6}
	}
	for _, q.Family = range families {
		err := c.ask(request(q), unix.NLM_F_DUMP, each)
		if q.Family == IPv6 && errors.Is(err, unix.ENOENT) {
			break // a kernel without IPv6 has no table for it
		}
		if err != nil {
			return fmt.Errorf("sock_diag: %w", err)
		}
	}
	return nil
}

// lookups has the netlink socket of [Lookup]. To open a new one for each question takes ten times as long as the
// question.
var lookups struct {
	sync.Mutex       // held during a question
	conn       *Conn // nil: not open yet, or the last question failed
}

// Lookup finds one connection without walking a table. Where no connection is, the kernel may answer with a listener;
// the zero value: with nothing.
func Lookup(n Name) (s Socket, err error) {
	lookups.Lock()
	defer lookups.Unlock()
	if lookups.conn == nil {
		lookups.conn, err = Open()
		if err != nil {
			return s, err
		}
	}
	err = lookups.conn.ask(exact(n), 0, func(got Socket) { s = got })
	if err == nil || errors.Is(err, unix.ENOENT) {
		return s, nil
	}
	lookups.conn.Close() // it may have half an answer
	lookups.conn = nil
	return s, fmt.Errorf("sock_diag: %w", err)
}

// Dump returns every socket that matches, without Info.
func Dump(q Query) ([]Socket, error) {
	c, err := Open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var out []Socket
	err = c.Dump(q, func(s Socket) { out = append(out, s) })
	return out, err
}

func (c *Conn) ask(req []byte, flags uint16, each func(Socket)) error {
	msg, _ := binary.Append(nil, binary.NativeEndian, unix.NlMsghdr{Len: uint32(unix.SizeofNlMsghdr + len(req)),
		Type: unix.SOCK_DIAG_BY_FAMILY, Flags: unix.NLM_F_REQUEST | flags})
	to := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	if err := unix.Sendto(c.fd, append(msg, req...), 0, to); err != nil {
		return err
	}
	for { // Go's handlers have the kernel restart both calls after a signal (SA_RESTART, signal(7))
		n, _, err := unix.Recvfrom(c.fd, c.buf, 0)
		if err != nil {
			return err
		}
		messages, err := syscall.ParseNetlinkMessage(c.buf[:n])
		if err != nil {
			return err
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return nil
			case unix.NLMSG_ERROR: // not 0, because nobody asks for an acknowledgement (NLM_F_ACK, netlink(7))
				if len(m.Data) < 4 {
					return errShort
				}
				return unix.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
			case unix.SOCK_DIAG_BY_FAMILY:
				s, err := parse(m.Data)
				if err != nil {
					return err
				}
				each(s)
			}
		}
		if flags == 0 { // no dump, which has more datagrams
			return nil
		}
	}
}

// Listeners returns the listening TCP sockets of this network namespace, or those of UDP that are not connected, by
// inode: those of one port unless port is 0.
func Listeners(udp bool, port uint16) (map[uint64]Socket, error) {
	q := Query{UDP: udp, States: 1 << Listen, Port: port}
	if udp {
		q.States = 1 << Unconnected
	}
	all, err := Dump(q)
	out := make(map[uint64]Socket, len(all))
	for _, s := range all {
		out[s.Inode] = s
	}
	return out, err
}

// Listening calls each for the listening TCP sockets that the processes have open, process by process. An error means
// that some may be missing: a sandbox forbids sock_diag, or a process may not be looked into. A process that has ended
// has none.
func Listening(pids []int, each func(pid int, s Socket)) error {
	sockets, err := Listeners(false, 0)
	for _, pid := range pids {
		err = cmp.Or(err, procfs.Sockets(pid, func(_, _ int, inode uint64) {
			if s, listens := sockets[inode]; listens {
				each(pid, s)
			}
		}))
	}
	return err
}

// IsHere reports whether a socket was made in this process's network namespace, to which a dump is limited. known is
// false before Linux 5.14 (socket(7), SO_NETNS_COOKIE), and if fd is no socket.
func IsHere(fd int) (here, known bool) {
	ours, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, false
	}
	defer unix.Close(ours)
	own, err := unix.GetsockoptUint64(ours, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	its, err2 := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	return own == its, err == nil && err2 == nil
}
