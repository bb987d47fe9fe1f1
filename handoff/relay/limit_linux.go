package relay

import "golang.org/x/sys/unix"

// limit is how many clients are relayed at once: each has two sockets, and most
// descriptors are not ours to use up.
func limit() int {
	var have unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &have); err != nil {
		return 64
	}
	return int(max(16, min(have.Cur/16, 4096)))
}
