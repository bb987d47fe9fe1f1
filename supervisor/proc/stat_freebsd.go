package proc

import (
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"
)

// reapsOrphans says that becomeReaper works.
const reapsOrphans = true

// becomeReaper makes this process the parent of all orphans below (procctl(2)).
func becomeReaper() {
	const ownProcess, acquire = 0, 2 // P_PID, sys/wait.h; PROC_REAP_ACQUIRE, sys/procctl.h
	_, _, _ = unix.Syscall6(unix.SYS_PROCCTL, ownProcess, 0, acquire, 0, 0, 0)
}

// Where the fields of struct kinfo_proc are on 64-bit machines (sys/user.h; its size never changes, KINFO_PROC_SIZE).
const (
	kinfoSize  = 1088
	atPID      = 72
	atParent   = 76
	atGroup    = 80
	atStart    = 336 // struct timeval
	atState    = 388
	zombieKind = 5 // SZOMB, sys/proc.h
)

func readStat(pid int) (stat, error) {
	b, err := unix.SysctlRaw("kern.proc.pid", pid)
	if err == nil && len(b) < kinfoSize {
		err = unix.ESRCH
	}
	if err != nil {
		return stat{}, err
	}
	return statOf(b, booted()), nil
}

// processes asks sysctl(3) for kern.proc.proc. The table may grow between its size and the read.
func processes() (out []stat, err error) {
	b, err := unix.SysctlRaw("kern.proc.proc")
	for err == unix.ENOMEM {
		b, err = unix.SysctlRaw("kern.proc.proc")
	}
	boot := booted()
	for ; len(b) >= kinfoSize; b = b[kinfoSize:] {
		out = append(out, statOf(b, boot))
	}
	return out, err
}

// statOf reads a start as the time since the machine's, because the kernel adds that, which moves with the clock.
func statOf(b []byte, boot uint64) stat {
	number := func(at int) int { return int(int32(binary.NativeEndian.Uint32(b[at:]))) }
	start := binary.NativeEndian.Uint64(b[atStart:])*1e6 + binary.NativeEndian.Uint64(b[atStart+8:])
	return stat{pid: number(atPID), parent: number(atParent), group: number(atGroup), start: start - boot, dead: b[atState] == zombieKind}
}

func booted() uint64 {
	at, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return 0
	}
	return uint64(at.Sec)*1e6 + uint64(at.Usec)
}

// Environment returns the variables, each as NAME=VALUE, that the process was executed with (sysctl(3), kern.proc.env); none
// if it has ended, or may not be read.
func Environment(pid int) []string {
	b, _ := unix.SysctlRaw("kern.proc.env", pid)
	return strings.Split(string(b), "\x00")
}
