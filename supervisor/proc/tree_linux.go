package proc

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Descendants lists the processes below pid, parents first, without zombies'
// children (they have none). It is a look, not a snapshot: a process that
// forks meanwhile may be missed, so who wants all of them repeats it.
func Descendants(pid int) []int {
	of := kids()
	out := of(pid)
	for i := 0; i < len(out); i++ {
		out = append(out, of(out[i])...)
	}
	return out
}

// Children lists the children of a process.
func Children(pid int) []int { return kids()(pid) }

// kids gives a way to list the children of a process.
func kids() func(pid int) []int {
	if _, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children"); err == nil {
		return children
	}
	// Without CONFIG_PROC_CHILDREN: one pass over all processes.
	table := parents()
	return func(p int) []int { return table[p] }
}

// children reads /proc/PID/task/*/children: each thread has those that it
// forked (proc_pid_task(5)). Those of a thread that ends fall to the first of the
// others, which as a rule is the main one: so that comes last, and whoever falls to
// it meanwhile is seen, perhaps twice. A keeper's thread that has forked ends right
// then.
func children(pid int) []int {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	main := strconv.Itoa(pid)
	if i := slices.IndexFunc(tasks, func(t os.DirEntry) bool { return t.Name() == main }); i >= 0 {
		last := tasks[i]
		tasks = append(slices.Delete(tasks, i, i+1), last)
	}
	var out []int
	for _, t := range tasks {
		b, err := os.ReadFile(dir + "/" + t.Name() + "/children")
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(f); err == nil && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// ancestry lists the processes above pid, nearest first, up to top and without it.
// False: pid is not below top.
func ancestry(pid, top int) (above []int, ok bool) {
	for range 1000 { // a process that ends meanwhile may send us in circles
		p := parent(pid)
		if p == top {
			return above, true
		}
		if p <= 0 {
			return above, false
		}
		above = append(above, p)
		pid = p
	}
	return above, false
}

// below reports whether the process with that number is below top, which lives.
//
// One look up the line is not enough: a process in it may end between two of its
// steps, and leave its number to one of ours. Who was above it has another parent
// then, so a second look, that begins anew, finds another line.
func below(pid, top int) bool {
	before, ok := ancestry(pid, top)
	for ok {
		var now []int
		if now, ok = ancestry(pid, top); ok && slices.Equal(now, before) {
			return true
		}
		before = now
	}
	return false
}

// living are those of the processes that are neither gone nor zombies.
func living(pids []int) []int {
	var out []int
	for _, pid := range pids {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue
		}
		if state := stateOf(b); state != 0 && state != 'Z' && state != 'X' {
			out = append(out, pid)
		}
	}
	return out
}

// stateOf is the first field of /proc/PID/stat after the name in parentheses.
func stateOf(stat []byte) byte {
	if i := bytes.LastIndexByte(stat, ')'); i >= 0 && i+2 < len(stat) {
		return stat[i+2]
	}
	return 0
}

func parents() map[int][]int {
	out := map[int][]int{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return out
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		if ppid, ok := parentOf(b); ok {
			out[ppid] = append(out[ppid], pid)
		}
	}
	return out
}

// parentOf reads the fourth field of /proc/PID/stat; the second, the name in
// parentheses, may hold anything.
func parentOf(stat []byte) (int, bool) {
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 {
		return 0, false
	}
	fields := bytes.Fields(stat[i+1:])
	if len(fields) < 2 {
		return 0, false
	}
	n, err := strconv.Atoi(string(fields[1]))
	return n, err == nil
}
