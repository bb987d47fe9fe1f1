package debugged

import (
	"net"

	"golang.org/x/sys/unix"
)

// prompt is a connection that acknowledges at once (TCP_QUICKACK, tcp(7)). Node writes many
// small messages, and the kernel holds back each until the one before is acknowledged,
// which takes 40 ms otherwise.
type prompt struct{ net.Conn }

func (c *prompt) Read(b []byte) (int, error) {
	if raw, err := c.Conn.(*net.TCPConn).SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
	}
	return c.Conn.Read(b)
}
