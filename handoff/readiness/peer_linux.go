package readiness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listensHere returns an error if the listening process is not of the tree. The kernel records the process at
// listen(2) (SO_PEERCRED, unix(7)).
func listensHere(conn *net.UnixConn, tree func() []int) error {
	var cred *unix.Ucred
	err := with(conn, func(fd int) (err error) {
		cred, err = unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		return err
	})
	if err != nil {
		return err
	}
	if !slices.Contains(tree(), int(cred.Pid)) {
		return fmt.Errorf("process %d, which listens there, is not of this generation", cred.Pid)
	}
	return nil
}

// accepted returns nil when the program has accepted the connection: until then its side has no inode. If the
// kernel cannot say that (CONFIG_UNIX_DIAG), a connection counts as accepted.
func accepted(ctx context.Context, conn *net.UnixConn) error {
	var st unix.Stat_t
	if err := with(conn, func(fd int) error { return unix.Fstat(fd, &st) }); err != nil {
		return err
	}
	diag, err := sockdiag.Open()
	if err != nil {
		return nil
	}
	defer diag.Close()
	for wait := time.Millisecond; ; wait = min(2*wait, firstPause) {
		if peer, err := diag.Peer(st.Ino); err != nil || peer != 0 {
			return nil
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		_, err := conn.Read(make([]byte, 1))
		switch {
		case err == nil, errors.Is(err, io.EOF):
			return nil // the program has accepted the connection, and closed it since
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case ctx.Err() != nil:
			return errors.New("it listens at the socket, and does not accept")
		}
	}
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

// refused reports whether there is no socket, or its listener is gone.
func refused(err error) bool {
	return errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT)
}
