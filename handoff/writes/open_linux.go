package writes

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// idOf returns the ID of the file at the path; zero: there is none.
func idOf(path string) fileID {
	var st unix.Stat_t
	_ = unix.Stat(path, &st)
	return fileID{uint64(st.Dev), st.Ino}
}

// identify returns the files that the openings of the account may be of: another file may be put in the place of one that is
// open, and the kernel still reports the closing of that by its old name.
func (a *account) identify(path string) []fileID {
	if a.opened == 0 {
		a.ids = nil
	}
	if id := idOf(path); !slices.Contains(a.ids, id) {
		a.ids = append(a.ids[max(0, len(a.ids)-maxIDs):], id)
	}
	return a.ids
}

// maxIDs bounds the files of one name.
const maxIDs = 10

// changed returns when the file or its name last changed (ctime); zero: there is none.
func changed(path string) (at time.Time) {
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil {
		at = time.Unix(st.Ctim.Unix())
	}
	return at
}

// turns are how long a thread has had a processor, and how often it was given one (/proc/TID/schedstat).
type turns struct {
	ran   time.Duration
	times int
}

// asleep returns those of a thread as soon as it sleeps: hotswap may learn of the call before the thread waits for the answer.
func asleep(thread int) turns {
	for range 100 {
		if stat, err := procfs.Of(thread).Stat(); err != nil || stat.State() == 'S' {
			break
		}
		time.Sleep(tick / 100)
	}
	return turnsOf(thread)
}

func turnsOf(thread int) (s turns) {
	text, _ := procfs.Of(thread).Read("schedstat")
	var waited int
	_, _ = fmt.Sscan(string(text), &s.ran, &waited, &s.times)
	return s
}

// goesOn reports whether a thread that slept has left its call since then: it sleeps again, or has run on for longer than the
// call takes. The kernel counts the last slice late, by a tick at most.
func goesOn(thread int, then turns) bool {
	stat, err := procfs.Of(thread).Stat()
	now := turnsOf(thread)
	return err != nil || (now.times > then.times || now.times == 0) && (stat.State() == 'S' || now.ran-then.ran > 2*tick)
}

const tick = 10 * time.Millisecond // the longest

// openForWriting returns how many descriptors the processes have for each regular file that they have open for writing, as far
// as the processes can be inspected. The mode of a link in /proc/PID/fd is that of the descriptor (proc_pid_fd(5)); the link
// leads to the file itself, even if it was renamed or removed.
func openForWriting(pids []int) map[fileID]int {
	out := map[fileID]int{}
	for _, p := range pids {
		_ = procfs.List(procfs.Of(p).Path("fd"), func(dir int, name string) {
			var link, file unix.Stat_t
			err := errors.Join(unix.Fstatat(dir, name, &link, unix.AT_SYMLINK_NOFOLLOW), unix.Fstatat(dir, name, &file, 0))
			if err == nil && link.Mode&0o200 != 0 && file.Mode&unix.S_IFMT == unix.S_IFREG {
				out[fileID{uint64(file.Dev), file.Ino}]++
			}
		})
	}
	return out
}

// Real returns the path of a file without symbolic links, also of one below /proc/PID; "": there is none, or in hotswap's own
// mounts another file has that path.
func Real(path string) string {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	real := procfs.Self.Link("fd/" + strconv.Itoa(fd))
	if err := unix.Fstat(fd, &st); err != nil || idOf(real) != (fileID{uint64(st.Dev), st.Ino}) {
		return ""
	}
	return real
}
