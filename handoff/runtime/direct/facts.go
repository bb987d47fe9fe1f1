package direct

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// facts are what a process has from the one that started it, besides its arguments, environment and folder.
type facts struct {
	values map[string]string // by the names of proc(5)
	files  map[int]string    // what its descriptors lead to
	age    time.Duration
}

// given are the facts in which the command's first process may differ from the keeper, as by the keeper's filter.
var given = []string{"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "session", "process group"}

// The others are lines of proc_pid_status(5), fields of proc_pid_stat(5) and files. Node itself resets ignored and blocked signals.
// Landlock and securebits are not in /proc: only [judge] keeps them.
var (
	kept  = []string{"Umask", "Cpus_allowed", "Mems_allowed", "THP_enabled"}
	stats = map[string]int{"process group": 5, "session": 6, "nice": 19, "rt_priority": 40, "policy": 41}
	texts = []string{"cgroup", "oom_score_adj", "attr/current", "personality", "coredump_filter"}
)

// look reads what proc(5) has of a process.
func look(pid int) (f facts, err error) {
	dir := procfs.Of(pid)
	status, err := dir.Read("status")
	limits, err2 := dir.Read("limits")
	stat, err3 := dir.Stat()
	if err := cmp.Or(err, err2, err3); err != nil {
		return f, err
	}
	f.values, f.files = map[string]string{}, map[int]string{}
	for line := range strings.Lines(string(status)) {
		if name, value, _ := strings.Cut(line, ":"); slices.Contains(given, name) || slices.Contains(kept, name) {
			f.values[name] = strings.TrimSpace(value)
		}
	}
	for line := range strings.Lines(string(limits)) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			line = strings.Join(slices.Delete(strings.Fields(rest), 0, 1), " ") // Node raises the soft limit
		}
		f.values["limits"] += line
	}
	for name, n := range stats {
		f.values[name] = stat.Field(n)
	}
	if f.age, err = age(stat.Number(22)); err != nil {
		return f, err
	}
	for _, name := range texts { // which not every kernel has
		b, _ := dir.Read(name)
		f.values[name] = string(b)
	}
	f.values["root"] = dir.Link("root")
	for _, file := range standby.Entries(dir.Path("ns"), "") {
		f.values[filepath.Base(file)+" namespace"], _ = os.Readlink(file)
	}
	entries, err := os.ReadDir(dir.Path("fd"))
	if err != nil {
		return f, err
	}
	for _, e := range entries {
		n, _ := strconv.Atoi(e.Name())
		f.files[n] = dir.Link("fd/" + e.Name())
	}
	return f, nil
}

// age returns how long ago a process began. The ticks since the machine's start, by which began counts, are hundredths of a second for every architecture of Linux
// that Go runs on.
func age(began uint64) (time.Duration, error) {
	b, err := procfs.Read("/proc/uptime")
	if err != nil {
		return 0, err
	}
	up, err := strconv.ParseFloat(strings.Fields(string(b) + " ?")[0], 64)
	return time.Duration(up*float64(time.Second)) - time.Duration(began)*10*time.Millisecond, err
}

// differs says what the program has from its launchers that a process directly below the keeper would not have. first is the
// command's process.
func differs(keeper, first, program facts, launchers []facts) error {
	for _, name := range slices.Sorted(maps.Keys(program.values)) {
		switch value := program.values[name]; {
		case slices.Contains(given, name) && value != first.values[name]:
			return fmt.Errorf("the program's %s is not the command's (proc(5))", name)
		case !slices.Contains(given, name) && value != keeper.values[name]:
			return fmt.Errorf("the program's %s is not hotswap's (proc(5))", name)
		}
	}
	for n := range 3 {
		if program.files[n] != first.files[n] {
			return fmt.Errorf("descriptor %d of the program is not the command's", n)
		}
	}
	own := map[string]bool{}
	for n, to := range program.files {
		own[to] = own[to] || n > 2
	}
	for _, l := range launchers {
		for n, to := range l.files {
			if n > 2 && shareable(to) && own[to] {
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
