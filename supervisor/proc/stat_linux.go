package proc

import (
	"errors"
	"io/fs"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// readStat reads /proc/PID/stat (proc_pid_stat(5)).
func readStat(pid int) (stat, error) {
	s, err := procfs.Of(pid).Stat()
	if err != nil {
		return stat{}, err
	}
	return stat{
		pid: pid, parent: int(s.Number(4)), group: int(s.Number(5)), start: s.Number(22),
		dead: s.State() == 'X' || s.State() == 'Z' && s.Number(20) <= 1, // other threads may run on
	}, nil
}

// processes returns every visible process. An error means that some may be missing.
func processes() (out []stat, err error) {
	all, err := procfs.Processes()
	for _, pid := range all {
		s, wrong := readStat(pid)
		switch {
		case wrong == nil:
			out = append(out, s)
		case !procfs.Over(wrong) && !errors.Is(wrong, fs.ErrPermission): // no descriptor is left
			err = wrong
		}
	}
	return out, err
}
