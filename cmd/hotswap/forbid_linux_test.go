package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// forbidEnv names the numbers of system calls that this test binary, being
// hotswap, forbids itself and its children, as a container's profile does.
const forbidEnv = "HOTSWAP_TEST_FORBID"

// calls are numbers of system calls, by their names in scripts. Without seccomp(2) hotswap restarts plainly.
var calls = map[string]int{"SECCOMP": unix.SYS_SECCOMP, "PIDFD_GETFD": unix.SYS_PIDFD_GETFD,
	"SETSOCKOPT": unix.SYS_SETSOCKOPT, "MKDIRAT": unix.SYS_MKDIRAT}

func forbidAsAsked() error {
	text := os.Getenv(forbidEnv)
	if text == "" {
		return nil
	}
	_ = os.Unsetenv(forbidEnv) // the filter is inherited
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // struct seccomp_data: nr
	}
	for _, word := range strings.Fields(text) {
		number, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(number)},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // no_new_privs is the thread's, and the filter needs it (seccomp(2), EACCES)
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	// TSYNC: Go has more threads than this one by now.
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return errno
	}
	return nil
}
