package sockdiag

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Peer returns the inode of the other end of a unix connection of this network namespace. It is 0 while the
// other end is not accepted, and when the other end is closed.
func (c *Conn) Peer(inode uint64) (peer uint64, err error) {
	const (
		showPeer = 4  // UDIAG_SHOW_PEER, linux/unix_diag.h
		answer   = 16 // sizeof(struct unix_diag_msg)
		extPeer  = 2  // UNIX_DIAG_PEER
	)
	ne := binary.NativeEndian
	req := []byte{unix.AF_UNIX, 0, 0, 0} // struct unix_diag_req
	req = ne.AppendUint32(req, 1<<32-1)  // in any state
	req = ne.AppendUint32(req, uint32(inode))
	req = ne.AppendUint32(req, showPeer)
	req = ne.AppendUint64(req, 1<<64-1) // whatever its cookie
	err = c.ask(req, 0, func(b []byte) error {
		return attributes(b, answer, func(kind uint16, value []byte) {
			if kind == extPeer && len(value) >= 4 {
				peer = uint64(ne.Uint32(value))
			}
		})
	})
	return peer, err
}
