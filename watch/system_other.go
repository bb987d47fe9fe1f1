//go:build !linux

package watch

import (
	"errors"
	"syscall"
	"time"
)

const (
	instanceLimit = "the limit on open files (ulimit -n)"
	watchLimit    = instanceLimit
)

// isWatchLimit: kqueue(2) holds a descriptor for every file it watches.
func isWatchLimit(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// isGone: a watch that went with its folder needs no removing.
func isGone(err error) bool { return errors.Is(err, syscall.EBADF) }

func changeTime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctimespec.Unix()) }

// closedFile cannot be answered here.
func closedFile(string) bool { return false }

// remoteKind is not known here: use --poll.
func remoteKind(string) string { return "" }
