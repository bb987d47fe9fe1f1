package readiness

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

// listensHere returns an error if the listening process is not of the tree. The kernel records the process at
// listen(2) (SO_PEERCRED, unix(7)).
func listensHere(conn *net.UnixConn, tree func() []int) error {
	var cred *unix.Ucred
	if err := with(conn, func(fd int) (err error) {
		cred, err = unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		return err
	}); err != nil {
		return err
	}
	if !slices.Contains(tree(), int(cred.Pid)) {
		return fmt.Errorf("process %d, which listens there, is not of this generation", cred.Pid)
	}
	return nil
}

// refused reports whether there is no socket, or its listener is gone.
func refused(err error) bool {
	return errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT)
}

// accepted reports whether the program has accepted the connection: until then its side has no inode
// (sock_diag(7), UNIX_DIAG_PEER). If that cannot be asked, a connection counts as accepted.
func accepted(conn *net.UnixConn) bool {
	yes := true
	_ = with(conn, func(fd int) error {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		peer, err := peerInode(uint32(st.Ino))
		if err != nil || peer != 0 {
			return err
		}
		// An accepted and closed connection has no inode either.
		n, _, err := unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		yes = err == nil && n == 0 || errors.Is(err, unix.ECONNRESET)
		return nil
	})
	return yes
}

// peerInode returns the inode of the other side, by struct unix_diag_req with UDIAG_SHOW_PEER.
func peerInode(inode uint32) (uint32, error) {
	const (
		request  = unix.NLMSG_HDRLEN + 24
		showPeer = 4
		diagMsg  = 16
		diagPeer = 2
	)
	nl, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return 0, err
	}
	defer unix.Close(nl)
	b := binary.NativeEndian.AppendUint32(nil, request)
	b = binary.NativeEndian.AppendUint16(b, unix.SOCK_DIAG_BY_FAMILY)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0, unix.AF_UNIX, 0, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, 1<<32-1) // in any state
	b = binary.NativeEndian.AppendUint32(b, inode)
	b = binary.NativeEndian.AppendUint32(b, showPeer)
	b = binary.NativeEndian.AppendUint64(b, 1<<64-1) // whatever its cookie
	if err := unix.Sendto(nl, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(nl, answer, 0)
	if err != nil {
		return 0, err
	}
	answer = answer[:n]
	if n < unix.NLMSG_HDRLEN+diagMsg || binary.NativeEndian.Uint16(answer[4:]) != unix.SOCK_DIAG_BY_FAMILY {
		return 0, errors.ErrUnsupported // an error message: no such family here
	}
	for at := unix.NLMSG_HDRLEN + diagMsg; at+unix.SizeofRtAttr <= n; {
		size := int(binary.NativeEndian.Uint16(answer[at:]))
		if size < unix.SizeofRtAttr || at+size > n {
			break
		}
		if binary.NativeEndian.Uint16(answer[at+2:]) == diagPeer && size >= unix.SizeofRtAttr+4 {
			return binary.NativeEndian.Uint32(answer[at+unix.SizeofRtAttr:]), nil
		}
		at += (size + 3) &^ 3
	}
	return 0, nil // closed
}

func with(conn *net.UnixConn, do func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	err = raw.Control(func(fd uintptr) { done = do(int(fd)) })
	return errors.Join(err, done)
}
