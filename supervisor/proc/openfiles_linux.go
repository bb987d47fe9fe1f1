package proc

import (
	"errors"
	"maps"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// OpenForWritingBy returns the files that processes below keepers with the title have
// open for writing, and those of this process and of all others below it. It asks for the
// keepers twice, so that a process of a keeper started meanwhile is not an other one.
func OpenForWritingBy(title string) (titled, others map[FileID]bool) {
	keeping := keepers.titled(title)
	all := Descendants(os.Getpid())
	keeping = append(keeping, keepers.titled(title)...)
	below := map[int]bool{}
	for _, k := range keeping {
		for _, pid := range Descendants(k) {
			below[pid] = true
		}
	}
	all = slices.DeleteFunc(all, func(pid int) bool { return below[pid] })
	return openForWriting(slices.Collect(maps.Keys(below))), openForWriting(append(all, os.Getpid()))
}

// openForWriting returns the regular files that the processes have open for writing, as far as they can
// be inspected. The mode of a link in /proc/PID/fd is that of the descriptor (proc_pid_fd(5)); the link
// leads to the file itself, even if it was renamed or deleted.
func openForWriting(pids []int) map[FileID]bool {
	out := map[FileID]bool{}
	for _, p := range pids {
		_ = procfs.List(procfs.Of(p).Path("fd"), func(dir int, name string) {
			var link, file unix.Stat_t
			err := errors.Join(unix.Fstatat(dir, name, &link, unix.AT_SYMLINK_NOFOLLOW), unix.Fstatat(dir, name, &file, 0))
			if err == nil && link.Mode&0o200 != 0 && file.Mode&unix.S_IFMT == unix.S_IFREG {
				out[FileID{uint64(file.Dev), file.Ino}] = true
			}
		})
	}
	return out
}
