package proc

import (
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// Descendants returns the processes below pid, parents first. It is not atomic and may
// miss processes that are forked meanwhile.
func Descendants(pid int) []int {
	out, _ := descendants(pid)
	return out
}

// descendants is Descendants. An error means that processes may be missing, for example because no descriptor is left.
func descendants(pid int) (out []int, err error) {
	of := lister()
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		below, wrong := of(next[0])
		if wrong != nil && err == nil && !procfs.Over(wrong) {
			err = fmt.Errorf("processes below %d: %w", next[0], wrong)
		}
		out, next = append(out, below...), append(next, below...)
	}
	return out, err
}

// lister returns a function that returns children. An error means that children may be missing.
func lister() func(pid int) ([]int, error) {
	if hasChildren() {
		return children
	}
	all, err := processes()
	table := map[int][]int{}
	for _, s := range all {
		table[s.parent] = append(table[s.parent], s.pid)
	}
	return func(p int) ([]int, error) { return table[p], err }
}

// Children returns the known children of a process.
func Children(pid int) []int {
	out, _ := lister()(pid)
	return out
}

// climb returns the processes between pid and top, nearest first, as one look shows them; false: the look does not
// reach top.
func climb(pid, top int, parent func(pid int) int) (above []int, ok bool) {
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

// ancestry returns the processes between pid and top, which must be alive, nearest first. False: pid is not below top.
// An ancestor may end between two steps of a look, which then ends there, or goes on from a process of ours that got
// its ID. Two equal looks in a row exclude both, because whom it leaves has another parent by then.
func ancestry(pid, top int, parent func(pid int) int) (above []int, ok bool) {
	above, ok = climb(pid, top, parent)
	for {
		now, reached := climb(pid, top, parent)
		if reached == ok && slices.Equal(now, above) {
			return above, ok
		}
		above, ok = now, reached
	}
}

// below reports whether pid is below top, which must be alive.
func below(pid, top int) bool {
	_, ok := ancestry(pid, top, parent)
	return ok
}

// living returns the processes that are neither gone nor zombies, and uses the list for that.
func living(pids []int) []int {
	return slices.DeleteFunc(pids, func(pid int) bool { _, lives := Identify(pid); return !lives })
}
