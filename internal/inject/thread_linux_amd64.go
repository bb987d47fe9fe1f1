package inject

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
)

// choose returns the thread of the process to stop: of those that sleep the first that a stop disturbs
// least. tried are threads that could not be stopped.
func choose(pid int, tried map[int]bool) (tid int, found bool) {
	best := unsuitable
	dir := "/proc/" + strconv.Itoa(pid) + "/task/"
	for _, name := range namesIn(dir) {
		n, err := strconv.Atoi(name)
		if err != nil || tried[n] || stateOf(dir+name) != 'S' {
			continue
		}
		text, err := os.ReadFile(dir + name + "/syscall")
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

func namesIn(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}

// stateOf returns the state of a thread, or 0 if it has ended.
func stateOf(dir string) byte {
	b, _ := os.ReadFile(dir + "/stat")
	// The name in parentheses may have any character.
	if i := bytes.LastIndexByte(b, ')'); i >= 0 && i+2 < len(b) {
		return b[i+2]
	}
	return 0
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
