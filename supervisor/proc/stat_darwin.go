package proc

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// reapsOrphans: macOS has no subreaper; see [family].
const reapsOrphans = false

func becomeReaper() {}

const zombieState = 5 // SZOMB, bsd/sys/proc.h

func readStat(pid int) (stat, error) {
	found, err := unix.SysctlKinfoProcSlice("kern.proc.pid", pid)
	if err == nil && len(found) != 1 {
		err = unix.ESRCH
	}
	if err != nil {
		return stat{}, err
	}
	return statOf(&found[0]), nil
}

func processes() (out []stat, err error) {
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	for i := range all {
		out = append(out, statOf(&all[i]))
	}
	return out, err
}

func statOf(p *unix.KinfoProc) stat {
	start := p.Proc.P_starttime
	return stat{
		pid: int(p.Proc.P_pid), parent: int(p.Eproc.Ppid), group: int(p.Eproc.Pgid),
		start: uint64(start.Sec)*1e6 + uint64(start.Usec), dead: p.Proc.P_stat == zombieState,
	}
}

// Environment returns the variables, each as NAME=VALUE, that the process was executed with; none if it has ended, or
// may not be read: those of Apple's own programs may not. kern.procargs2 is the number of arguments, the path, NULs,
// the arguments and the variables (xnu, bsd/kern/kern_sysctl.c, sysctl_procargsx).
func Environment(pid int) (out []string) {
	b, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(b) < 4 {
		return nil
	}
	skip := int(binary.NativeEndian.Uint32(b))
	_, b, _ = bytes.Cut(b[4:], []byte{0})
	for text := range bytes.SplitSeq(bytes.TrimLeft(b, "\x00"), []byte{0}) {
		skip--
		if skip < 0 && len(text) > 0 {
			out = append(out, string(text))
		}
	}
	return out
}
