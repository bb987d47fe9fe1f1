package console

import (
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

func look(fd int) fact {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return fact{}
	}
	_, err := tty.Get(fd)
	return fact{open: true, terminal: err == nil, file: identity{uint64(st.Dev), uint64(st.Ino), uint64(st.Rdev)}}
}
