package drain

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// threads are those of one process.
type threads struct {
	at  time.Time      // of the last look
	had map[int]string // what each had got of processors by then
	ran time.Duration  // time in which none waited for a processor or a disk
}

// look looks what the threads of a process do.
//
// Two lists of states (proc_pid_stat(5)) cannot show that all threads sleep at one instant: one may wake
// another and fall asleep between. They can if no thread has run between, which /proc/PID/task/TID/schedstat
// tells: how long the thread has run, how long it has waited for a processor, and how often it has run
// (sched-stats.rst of the kernel's documentation). Where the kernel does not have that file, threads count as
// unchanged, and as never waiting.
func (t *threads) look(pid int, now time.Time) activity {
	tids := task.IDs(pid)
	had, does, waited := make(map[int]string, len(tids)), resting, time.Duration(0)
	for _, tid := range tids {
		got := processorsOf(pid, tid)
		was, known := t.had[tid]
		had[tid] = got
		if known {
			waited = max(waited, delayIn(got)-delayIn(was))
		}
		switch task.State(pid, tid) {
		case 'R', 'D': // runs or waits for a processor; waits for a disk
			does = max(does, working)
			if got == was && got != "" {
				waited = now.Sub(t.at)
			}
		case 'T', 't': // stopped
			does = waiting
		}
	}
	if !t.at.IsZero() {
		t.ran += max(0, now.Sub(t.at)-waited)
	}
	t.at, t.had = now, had
	if does != resting {
		return does
	}
	for _, tid := range tids {
		if s := task.State(pid, tid); s == 'R' || s == 'D' || processorsOf(pid, tid) != had[tid] {
			return working
		}
	}
	if !slices.Equal(task.IDs(pid), tids) { // the first list may have missed a thread
		return working
	}
	return resting
}

func processorsOf(pid, tid int) string {
	b, _ := os.ReadFile(task.Dir(pid, tid) + "/schedstat")
	return string(b)
}

// delayIn returns how long the thread has waited for a processor. The kernel adds a wait when it is over.
func delayIn(schedstat string) time.Duration {
	f := strings.Fields(schedstat)
	if len(f) < 3 {
		return 0
	}
	n, _ := strconv.ParseInt(f[1], 10, 64)
	return time.Duration(n)
}

// writable reports whether the connection takes output. A program that has more to write than the connection
// takes sleeps until it takes more, and then is awake: both follow from the same condition
// (sk_stream_is_writeable).
func writable(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(p, 0)
	return err == nil && n > 0
}
