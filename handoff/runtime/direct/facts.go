package direct

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// facts are what a process has from the one that started it, besides its arguments, environment and folder.
type facts struct {
	owner          string // users and groups
	umask          string
	limits         string         // but the soft limit of open files, which Node raises
	session, group string         // IDs
	files          map[int]string // what its descriptors lead to
	age            time.Duration
}

// look reads what proc(5) has of a process.
func look(pid int) (f facts, err error) {
	dir := "/proc/" + strconv.Itoa(pid)
	read := func(name string) (b []byte) {
		if err == nil {
			b, err = os.ReadFile(filepath.Join(dir, name))
		}
		return b
	}
	status, limits, stat := read("status"), read("limits"), read("stat")
	if err != nil {
		return f, err
	}
	for line := range strings.Lines(string(status)) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "Uid", "Gid", "Groups":
			f.owner += line
		case "Umask":
			f.umask = strings.TrimSpace(value)
		}
	}
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			line = strings.Join(slices.Delete(strings.Fields(rest), 0, 1), " ")
		}
		f.limits += line
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // proc_pid_stat(5), from the third field on
	if len(fields) < 20 {
		return f, fmt.Errorf("stat of process %d: too short", pid)
	}
	f.group, f.session = fields[2], fields[3]
	if f.age, err = age(fields[19]); err != nil {
		return f, err
	}
	entries, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return f, err
	}
	f.files = map[int]string{}
	for _, e := range entries {
		n, _ := strconv.Atoi(e.Name())
		f.files[n], _ = os.Readlink(filepath.Join(dir, "fd", e.Name()))
	}
	return f, nil
}

// age returns how long ago a process began. ticks since the machine's start are hundredths of a second for every architecture of Linux
// that Go runs on.
func age(ticks string) (time.Duration, error) {
	began, err := strconv.ParseInt(ticks, 10, 64)
	if err != nil {
		return 0, err
	}
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, err
	}
	up, err := strconv.ParseFloat(strings.Fields(string(b) + " ?")[0], 64)
	return time.Duration(up*float64(time.Second)) - time.Duration(began)*10*time.Millisecond, err
}

// differs says what the program has from its launchers that a process directly below the keeper would not have. first is the
// command's process.
func differs(keeper, first, program facts, launchers []facts) error {
	switch {
	case program.owner != first.owner:
		return fmt.Errorf("the program runs as another user than the command")
	case program.umask != keeper.umask:
		return fmt.Errorf("the program's umask is not hotswap's")
	case program.limits != keeper.limits:
		return fmt.Errorf("the program's limits are not hotswap's")
	case program.session != first.session || program.group != first.group:
		return fmt.Errorf("the program has left the command's process group")
	}
	for n := range 3 {
		if program.files[n] != first.files[n] {
			return fmt.Errorf("descriptor %d of the program is not the command's", n)
		}
	}
	for _, l := range launchers {
		for n, to := range l.files {
			if n > 2 && shareable(to) && slices.ContainsFunc(keysFrom(program.files, 3), func(own int) bool { return program.files[own] == to }) {
				return fmt.Errorf("the program has descriptor %d of a process above it", n)
			}
		}
	}
	return nil
}

// shareable reports whether two processes that have a file open share something by it.
func shareable(to string) bool {
	return strings.HasPrefix(to, "pipe:") || strings.HasPrefix(to, "socket:") ||
		filepath.IsAbs(to) && !strings.HasPrefix(to, "/dev/") && !strings.HasPrefix(to, "/proc/")
}

func keysFrom(files map[int]string, from int) (out []int) {
	for n := range files {
		if n >= from {
			out = append(out, n)
		}
	}
	return out
}
