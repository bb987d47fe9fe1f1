package writes

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// look returns the file at the path, and when that or its name last changed (ctime); zero: there is none.
func look(path string) (id fileID, changed time.Time) {
	var st unix.Stat_t
	if unix.Stat(path, &st) == nil {
		id, changed = fileID{uint64(st.Dev), st.Ino}, time.Unix(st.Ctim.Unix())
	}
	return id, changed
}

// identify returns the files that the openings of the account may be of: another file may be put in the place of one
// that is open, and the kernel still reports the closing of that by its old name.
func (a *account) identify(path string) []fileID {
	if a.opened == 0 {
		a.ids = nil
	}
	if id, _ := look(path); !slices.Contains(a.ids, id) {
		a.ids = append(a.ids[max(0, len(a.ids)-maxIDs):], id)
	}
	return a.ids
}

// maxIDs bounds the files of one name.
const maxIDs = 10

// asleep returns how long a thread has had a processor, as soon as it sleeps: hotswap may learn of the call before the
// thread waits for the answer, for which a busy machine may give it no processor for a while. ok: it sleeps, or is
// gone.
func asleep(thread int) (had time.Duration, ok bool) {
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(tick / 100) {
		stat, err := procfs.Of(thread).Stat()
		if err != nil || stat.State() == 'S' || stat.State() == 'D' { // D: a signal has come, and waits for the answer
			return ran(thread), true
		}
	}
	return ran(thread), false
}

// ran returns how long a thread has had a processor (/proc/TID/schedstat); 0: the kernel does not tell.
func ran(thread int) (ran time.Duration) {
	text, _ := procfs.Of(thread).Read("schedstat")
	_, _ = fmt.Sscan(string(text), &ran)
	return ran
}

// goesOn reports whether a thread that slept has left its call since then: it sleeps again, or has run on for longer
// than the call takes. The kernel counts the last slice late, by a tick at most.
func goesOn(thread int, then time.Duration) bool {
	stat, err := procfs.Of(thread).Stat()
	now := ran(thread)
	return err != nil || stat.State() == 'Z' && stat.Number(20) == 1 ||
		stat.State() == 'S' && (now > then || now == 0) || now-then > 2*tick
}

// settle waits until each thread of the processes that now has a processor, or waits for one, has gone on, or its
// process has ended, and reports whether that was in time: close(2) takes the descriptor away first, and a busy machine
// may give the thread no processor for a while until the kernel reports the closing. An ending process shows no
// descriptor once its first thread is a zombie, while others have them (num_threads, field 20 of proc_pid_stat(5),
// counts both).
func settle(pids []int, late time.Time) bool {
	running := map[int]time.Duration{}
	for _, pid := range pids {
		for _, tid := range procfs.Threads(pid) {
			then := ran(tid) // before its state: it may fall asleep meanwhile
			stat, err := procfs.Of(tid).Stat()
			if err == nil && strings.IndexByte("RDZ", stat.State()) >= 0 && pid != os.Getpid() {
				running[tid] = then
			}
		}
	}
	for ; len(running) > 0 && time.Now().Before(late); time.Sleep(ripe / 5) {
		maps.DeleteFunc(running, goesOn)
	}
	return len(running) == 0
}

const tick = 10 * time.Millisecond // the longest

// openForWriting returns how many descriptors the processes have for each regular file that they have open for writing,
// as far as the processes can be inspected. The mode of a link in /proc/PID/fd is that of the descriptor
// (proc_pid_fd(5)); the link leads to the file itself, even if it was renamed or removed.
func openForWriting(pids []int) map[fileID]int {
	out := map[fileID]int{}
	for _, p := range pids {
		_ = procfs.List(procfs.Of(p).Path("fd"), func(dir int, name string) {
			var link, file unix.Stat_t
			err := errors.Join(unix.Fstatat(dir, name, &link, unix.AT_SYMLINK_NOFOLLOW),
				unix.Fstatat(dir, name, &file, 0))
			if err == nil && link.Mode&0o200 != 0 && file.Mode&unix.S_IFMT == unix.S_IFREG {
				out[fileID{uint64(file.Dev), file.Ino}]++
			}
		})
	}
	return out
}

// Real returns the path of a file without symbolic links, also of one below /proc/PID; "": there is none, or in
// hotswap's own mounts another file has that path.
func Real(path string) string {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	real := procfs.Self.Link("fd/" + strconv.Itoa(fd))
	this, _ := look(procfs.Self.FD(fd))
	if here, _ := look(real); here != this {
		return ""
	}
	return real
}
