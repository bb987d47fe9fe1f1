package inject

import (
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// choose returns the thread of the process to stop: of those that sleep the first that a stop disturbs
// least. tried are threads that could not be stopped.
func choose(pid int, tried map[int]bool) (tid int, found bool) {
	best := unsuitable
	for _, n := range task.IDs(pid) {
		if tried[n] || task.State(pid, n) != 'S' {
			continue
		}
		text, err := os.ReadFile(task.Dir(pid, n) + "/syscall")
		if err != nil {
			continue
		}
		if c, ok := parse(string(text)); ok && c.sleep() < best {
			best, tid, found = c.sleep(), n, true
		}
		if best == unnoticed {
			break
		}
	}
	return tid, found
}

// status is what /proc/PID/status says of a thread.
type status struct {
	tracer  int // 0: none
	filters int // seccomp filters; -1: not told (before Linux 5.9)
	ends    bool
}

func statusOf(dir string) (status, error) {
	b, err := os.ReadFile(dir + "/status")
	if err != nil {
		return status{}, err
	}
	s := status{filters: -1}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		n, _ := strconv.Atoi(value)
		switch name {
		case "State":
			s.ends = value != "" && (value[0] == 'Z' || value[0] == 'X')
		case "TracerPid":
			s.tracer = n
		case "Seccomp_filters":
			s.filters = n
		}
	}
	return s, nil
}

// given is how many seccomp filters hotswap gives a program.
const given = 1

// inherited returns how many filters this process has.
var inherited = sync.OnceValue(func() int {
	s, err := statusOf("/proc/self")
	if err != nil {
		return -1
	}
	return s.filters
})

// own reports whether the program has installed filters.
func (s status) own() bool {
	return s.filters < 0 || s.filters > max(0, inherited())+given
}
