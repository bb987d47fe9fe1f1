package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/task"
)

// Descendants returns the processes below pid, parents first. It is not atomic and may
// miss processes that are forked meanwhile.
func Descendants(pid int) []int {
	out, _ := descendants(pid)
	return out
}

// descendants is Descendants. An error means that processes may be missing, for example
// because no descriptor is left.
func descendants(pid int) (out []int, err error) {
	of := lister()
	look := func(pid int) {
		below, wrong := of(pid)
		out = append(out, below...)
		if wrong != nil && err == nil && !over(wrong) {
			err = fmt.Errorf("processes below %d: %w", pid, wrong)
		}
	}
	look(pid)
	for i := 0; i < len(out); i++ {
		look(out[i])
	}
	return out, err
}

// over reports whether an error of reading /proc/PID means that the process has ended.
func over(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH)
}

// Children returns the known children of a process.
func Children(pid int) []int {
	out, _ := lister()(pid)
	return out
}

// lister returns a function that returns children. An error means that children may be missing.
func lister() func(pid int) ([]int, error) {
	if hasChildren() {
		return children
	}
	// Without CONFIG_PROC_CHILDREN: one pass over all processes.
	table, err := parents()
	return func(p int) ([]int, error) { return table[p], err }
}

// hasChildren reports whether the kernel lists children (CONFIG_PROC_CHILDREN).
var hasChildren = sync.OnceValue(func() bool {
	_, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children")
	return err == nil
})

// children reads /proc/PID/task/*/children, where each thread has the children that it
// forked (proc_pid_task(5)). Children of a thread that ends fall to another thread,
// usually the main one. So the main thread is read last. (A keeper's thread ends right
// after its fork.)
func children(pid int) (out []int, err error) {
	dir, main := "/proc/"+strconv.Itoa(pid)+"/task", strconv.Itoa(pid)
	var buf [256]byte
	read := func(at int, path string) {
		b, wrong := task.ReadAt(at, path, buf[:0])
		if wrong != nil && err == nil && !over(wrong) {
			err = wrong
		}
		for _, f := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(f); err == nil && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	wrong := task.List(dir, func(at int, name string) {
		if name != main {
			read(at, name+"/children")
		}
	})
	if wrong != nil {
		return out, wrong
	}
	read(unix.AT_FDCWD, dir+"/"+main+"/children")
	return out, err
}

// ancestry returns the processes between pid and top, nearest first. False: pid is not
// below top.
func ancestry(pid, top int) (above []int, ok bool) {
	for range 1000 { // processes that end meanwhile could cause a circle
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

// below reports whether pid is below top, which must be alive. One look is not enough,
// because an ancestor may end between two steps and its ID be reused by a process of
// ours. Two equal looks in a row exclude that.
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

// living returns the processes that are neither gone nor zombies.
func living(pids []int) []int {
	var out []int
	for _, pid := range pids {
		if _, ok := Identify(pid); ok {
			out = append(out, pid)
		}
	}
	return out
}

// parents returns the children of every visible process.
func parents() (out map[int][]int, err error) {
	out = map[int][]int{}
	all, err := fdtable.Processes()
	for _, pid := range all {
		s, wrong := readStat(pid)
		switch {
		case wrong == nil:
			out[s.parent] = append(out[s.parent], pid)
		case !over(wrong) && !errors.Is(wrong, fs.ErrPermission): // no descriptor is left
			err = wrong
		}
	}
	return out, err
}

// HasShell reports whether one of the processes is a shell.
func HasShell(tree []int) bool { return slices.ContainsFunc(tree, shell) }
