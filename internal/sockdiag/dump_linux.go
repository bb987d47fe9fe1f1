package sockdiag

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

const sockDiagByFamily = 20 // SOCK_DIAG_BY_FAMILY, linux/sock_diag.h

// Dump gives the sockets of both families that match. The dump is not a
// snapshot: the kernel walks its tables while they change.
func Dump(q Query) ([]Socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("sock_diag: %w", err)
	}
	defer unix.Close(fd)
	var out []Socket
	for _, family := range []uint8{afInet, afInet6} {
		if out, err = dumpFamily(fd, family, q, out); err != nil {
			// A kernel without IPv6 has no table for it.
			if family == afInet6 && errors.Is(err, unix.ENOENT) {
				break
			}
			return nil, fmt.Errorf("sock_diag: %w", err)
		}
	}
	return out, nil
}

func dumpFamily(fd int, family uint8, q Query, out []Socket) ([]Socket, error) {
	req := request(family, q)
	msg := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(req))
	binary.NativeEndian.PutUint32(msg, uint32(unix.SizeofNlMsghdr+len(req)))
	binary.NativeEndian.PutUint16(msg[4:], sockDiagByFamily)
	binary.NativeEndian.PutUint16(msg[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	if err := unix.Sendto(fd, append(msg, req...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for b := buf[:n]; len(b) >= unix.SizeofNlMsghdr; {
			size, kind := int(binary.NativeEndian.Uint32(b)), binary.NativeEndian.Uint16(b[4:])
			if size < unix.SizeofNlMsghdr || size > len(b) {
				return nil, errShort
			}
			body := b[unix.SizeofNlMsghdr:size]
			switch kind {
			case unix.NLMSG_DONE:
				return out, nil
			case unix.NLMSG_ERROR:
				if len(body) < 4 {
					return nil, errShort
				}
				return nil, unix.Errno(-int32(binary.NativeEndian.Uint32(body)))
			case sockDiagByFamily:
				s, err := parse(body)
				if err != nil {
					return nil, err
				}
				out = append(out, s)
			}
			b = b[min((size+3)&^3, len(b)):]
		}
	}
}
