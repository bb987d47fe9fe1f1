package relay

import (
	"context"
	"errors"
	"net"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/thread"
)

// dialAs connects as the user of the program, whom the server sees (SO_PEERCRED, unix(7)).
func (r *Relay) dialAs(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	if r.As == nil || network != "unix" {
		return r.dial(ctx, network, addr)
	}
	thread.Own(func() {
		const same = ^uintptr(0) // the real and the saved user stay, so that the program cannot signal this thread
		if err = thread.Become(r.As); err != nil {
			return
		}
		// Those of package syscall would change all threads.
		_, _, wrong := unix.RawSyscall(unix.SYS_SETRESGID, same, uintptr(r.As.Gid), same)
		_, _, wrong2 := unix.RawSyscall(unix.SYS_SETRESUID, same, uintptr(r.As.Uid), same)
		if wrong|wrong2 != 0 {
			err = errors.Join(wrong, wrong2)
		} else {
			conn, err = r.dial(ctx, network, addr)
		}
	})
	return conn, err
}
