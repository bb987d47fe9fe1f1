package proc

import (
	"bytes"
	"errors"
	"io/fs"
	"strconv"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/task"
)

var errBadStat = errors.New("/proc/PID/stat has an unknown form")

// readStat reads /proc/PID/stat (proc_pid_stat(5)).
func readStat(pid int) (stat, error) {
	b, err := task.Read("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, err
	}
	// The second field, the name in parentheses, may contain anything.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 20 {
		return stat{}, errBadStat
	}
	number := func(i int) uint64 {
		n, _ := strconv.ParseUint(string(fields[i]), 10, 64)
		return n
	}
	// The state is the first thread's, which may be a zombie while other threads run.
	state, threads := fields[0][0], number(17)
	return stat{
		pid: pid, parent: int(number(1)), group: int(number(2)), start: number(19),
		dead: state == 'X' || state == 'Z' && threads <= 1,
	}, nil
}

// processes returns every visible process. An error means that some may be missing.
func processes() (out []stat, err error) {
	all, err := fdtable.Processes()
	for _, pid := range all {
		s, wrong := readStat(pid)
		switch {
		case wrong == nil:
			out = append(out, s)
		case !over(wrong) && !errors.Is(wrong, fs.ErrPermission): // no descriptor is left
			err = wrong
		}
	}
	return out, err
}
