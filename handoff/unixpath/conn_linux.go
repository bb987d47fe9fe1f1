package unixpath

import (
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Dial connects to a socket without blocking, by the socket's own name if there is one, else by the path.
func Dial(e handoff.Endpoint, inode uint64) (conn net.Conn, err error) {
	err = in(e, inode, func(d folder) (err error) {
		name := d.own
		if _, named := d.stat(name); !named {
			name = d.base
		}
		conn, err = net.Dial("unix", d.address(name))
		return err
	})
	return conn, err
}

// Queue returns 1 if clients wait to be accepted, because the kernel tells no number (unix_poll), and whether the
// socket still listens: its program may have shut the socket down (unix_shutdown). After a signal -1 wait.
func Queue(fd int) (waiting int, listening bool) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLRDHUP}}
	if _, err := unix.Poll(fds, 0); err != nil {
		return -1, true
	}
	accepts, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if accepts == 0 || fds[0].Revents&unix.POLLRDHUP != 0 {
		return 0, false
	}
	return int(fds[0].Revents & unix.POLLIN), true
}

// HangUp closes a connection in the program's pace: the program reads its end, and may answer. HangUp blocks until
// then. A write to a unix socket whose other end is closed is an error at once (EPIPE), of which simple servers die.
func HangUp(conn net.Conn) {
	_ = conn.(*net.UnixConn).CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(wait.Answer))
	_, _ = io.Copy(io.Discard, conn)
	conn.Close()
}

// Over reports whether the client has closed its connection without a word, as hotswap's probes do.
func Over(conn int) bool {
	n, _, err := unix.Recvfrom(conn, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return n == 0 && err == nil
}
