package proc

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// DeadWorkers returns the children of one process of a tree if they are two or more that have all
// ended with an error and for which their parent has not waited, and how the first of them ended.
// Python's tracker of resources, which is none of the program's, may live beside them.
func DeadWorkers(tree []int) (dead []int, exit Exit) {
	for _, parent := range tree {
		dead = dead[:0]
		for _, pid := range Children(parent) {
			s, err := readStat(pid)
			if err == nil && s.alive() && isTracker(pid) {
				continue
			}
			if err != nil || s.alive() || s.exit == 0 {
				dead = nil
				break
			}
			if len(dead) == 0 {
				exit = exitOf(unix.WaitStatus(s.exit))
			}
			dead = append(dead, pid)
		}
		if len(dead) > 1 {
			return dead, exit
		}
	}
	return nil, Exit{}
}

func isTracker(pid int) bool {
	line, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return bytes.Contains(line, []byte("multiprocessing.resource_tracker"))
}
