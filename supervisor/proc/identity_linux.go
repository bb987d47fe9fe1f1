package proc

import (
	"bytes"
	"os"
	"strconv"
)

// Identify is the identity of a living process.
func Identify(pid int) (Identity, bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return Identity{}, false
	}
	start, alive := startOf(b)
	return Identity{PID: pid, Start: start}, alive
}

// Alive says whether it is that process that has the number, and no zombie.
func (i Identity) Alive() bool {
	now, ok := Identify(i.PID)
	return ok && i.PID > 0 && now.Start == i.Start
}

// startOf reads the start time (field 22 of /proc/PID/stat, proc_pid_stat(5))
// of what is neither a zombie nor gone. The state is the first thread's: where
// that has ended and others run, it is Z too, but there is more than one thread
// (field 20).
func startOf(stat []byte) (start uint64, alive bool) {
	i := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
	if i < 0 {
		return 0, false
	}
	fields := bytes.Fields(stat[i+1:]) // from field 3, the state
	if len(fields) < 20 {
		return 0, false
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	state, threads := fields[0][0], string(fields[17])
	return start, err == nil && state != 'X' && (state != 'Z' || threads != "1" && threads != "0")
}
