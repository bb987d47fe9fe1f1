//go:build unix

package listenfds

import "golang.org/x/sys/unix"

// block takes O_NONBLOCK off: programs that are passed a socket may call
// accept(2) as it is, for systemd passes it so unless told otherwise
// (systemd.socket(5), NonBlocking=). It is a flag of the open file, so what the
// last generation set would be the next one's.
func block(fd int) error { return unix.SetNonblock(fd, false) }
