package proc

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/hotswap-dev/hotswap/internal/task"
)

// stat is a part of /proc/PID/stat (proc_pid_stat(5)).
type stat struct {
	state   byte
	parent  int
	threads int
	start   uint64 // clock ticks since boot
	stack   uint64 // where it begins; 0: hidden
}

var errBadStat = errors.New("/proc/PID/stat has an unknown form")

func readStat(pid int) (stat, error) {
	b, err := task.Read("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, err
	}
	// The second field, the name in parentheses, may contain anything.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 26 {
		return stat{}, errBadStat
	}
	number := func(i int) uint64 {
		n, _ := strconv.ParseUint(string(fields[i]), 10, 64)
		return n
	}
	return stat{state: fields[0][0], parent: int(number(1)), threads: int(number(17)), start: number(19), stack: number(25)}, nil
}

// alive reports whether the process is neither dead nor a zombie. The state is the
// first thread's, which may be a zombie while other threads run.
func (s stat) alive() bool {
	return s.state != 'X' && (s.state != 'Z' || s.threads > 1)
}

// zombie reports whether the process has ended and nobody has waited for it.
func zombie(pid int) bool {
	s, err := readStat(pid)
	return err == nil && !s.alive()
}

// Identify returns the identity of a process and whether it is alive.
func Identify(pid int) (Identity, bool) {
	s, err := readStat(pid)
	if err != nil {
		return Identity{}, false
	}
	return Identity{PID: pid, Start: s.start}, s.alive()
}

// Alive reports whether the process is alive.
func (i Identity) Alive() bool {
	now, ok := Identify(i.PID)
	return ok && i.PID > 0 && now.Start == i.Start
}
