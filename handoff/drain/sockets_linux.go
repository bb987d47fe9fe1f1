package drain

import (
	"bytes"
	"errors"
	"path"
	"slices"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// sampleOf translates what sock_diag tells, with struct tcp_info (linux/tcp.h), which is shorter or longer on other
// kernels.
func sampleOf(at time.Duration, m sockdiag.Socket) sample {
	var i unix.TCPInfo
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&i)), unsafe.Sizeof(i)), m.Info)
	age := func(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }
	return sample{
		At: at, Unread: int(m.Receive), Unsent: int(m.Send),
		Received: i.Bytes_received, Sent: i.Bytes_sent - i.Bytes_retrans + uint64(i.Notsent_bytes),
		Acked:   i.Bytes_acked,
		SentAge: age(i.Last_data_sent), ReceivedAge: age(i.Last_data_recv),
	}
}

// dumpUnix reads the connections that were accepted at one of the paths. Such a connection has the listener's name: the
// path, or a generation's own name beside the path (handoff/reuseport).
func (w *Watch) dumpUnix() error {
	return procfs.Self.UnixSockets(func(at []byte, connected bool, inode uint64) {
		name := path.Base(string(at))
		if connected && slices.ContainsFunc(w.paths, func(p string) bool {
			return name == path.Base(p) || strings.HasPrefix(name, "."+path.Base(p)+".hotswap-")
		}) {
			w.shown(inode|unixName, inode, 0)
		}
	})
}

// mayHave reports whether a process has a socket by which it can have a connection at the endpoints.
func (w *Watch) mayHave(pid int) (may bool) {
	err := procfs.Sockets(pid, func(tid, fd int, _ uint64) {
		var protocol [16]byte // of sockfs, net/socket.c: "TCP", "TCPv6", "MPTCP", "UNIX", "UNIX-STREAM"
		_, err := unix.Getxattr(procfs.Of(tid).FD(fd), "system.sockprotoname", protocol[:])
		may = may || err != nil || len(w.paths) > 0 || bytes.Contains(protocol[:], []byte("TCP"))
	})
	return may || err != nil
}

// search finds out which connections the processes have.
func (w *Watch) search(tree []int) error {
	unknown := make(map[uint64]*conn)
	for _, c := range w.conns {
		if len(c.pids) == 0 && c.missed < missesMost {
			unknown[c.inode] = c
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	for _, pid := range tree {
		err := procfs.Sockets(pid, func(_, _ int, inode uint64) {
			if c := unknown[inode]; c != nil && !slices.Contains(c.pids, pid) {
				c.pids = append(c.pids, pid)
			}
		})
		if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
			return err
		}
	}
	for _, c := range unknown {
		c.missed++
	}
	return nil
}
