//go:build linux

package e2e

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// forbidEnv makes this test binary execute its arguments with pidfd_getfd(2)
// forbidden, as a container's default profile does; with the value netlink, as in
// a sandbox in which the kernel shows no connection, sockets of netlink(7), too.
const forbidEnv = "HOTSWAP_E2E_FORBID"

func forbidden() {
	what := os.Getenv(forbidEnv)
	if what == "" {
		return
	}
	family := uint32(unix.AF_MAX) // of sockets; no socket has this one
	if what == "netlink" {
		family = unix.AF_NETLINK
	}
	os.Unsetenv(forbidEnv)
	runtime.LockOSThread()
	raw, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_PIDFD_GETFD, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_SOCKET, SkipTrue: 3},
		bpf.LoadAbsolute{Off: 16, Size: 4}, // the lower half of args[0], seccomp(2)
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: family, SkipTrue: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
	})
	if err == nil {
		err = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	if err == nil {
		prog := unix.SockFprog{Len: uint16(len(raw)), Filter: (*unix.SockFilter)(unsafe.Pointer(&raw[0]))}
		_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
		if errno != 0 {
			err = errno
		}
	}
	if err == nil {
		err = syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "forbid:", err)
	os.Exit(70)
}
