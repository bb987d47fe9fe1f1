package relay

import "golang.org/x/sys/unix"

// limit returns how many clients are relayed at once. Each takes two descriptors, of which hotswap needs most
// for other purposes.
func limit() int {
	var have unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &have); err != nil {
		return 64
	}
	return int(max(16, min(have.Cur/16, 4096)))
}
