package proc

import (
	"os"
	"strconv"
)

// OpenForWriting are the regular files that a process below pid has open for
// writing right now. The mode of a link in /proc/PID/fd says what its
// descriptor was opened for (proc_pid_fd(5)); following it gives the file
// itself, also one that was renamed or deleted since. A process that may not
// be looked at has none.
func OpenForWriting(pid int) map[FileID]bool { return openForWriting(Descendants(pid)) }

// OpenForWritingFrom has those of the process itself too.
func OpenForWritingFrom(pid int) map[FileID]bool {
	return openForWriting(append(Descendants(pid), pid))
}

func openForWriting(pids []int) map[FileID]bool {
	out := map[FileID]bool{}
	for _, p := range pids {
		dir := "/proc/" + strconv.Itoa(p) + "/fd"
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			link := dir + "/" + e.Name()
			if info, err := os.Lstat(link); err != nil || info.Mode().Perm()&0o200 == 0 {
				continue
			}
			if info, err := os.Stat(link); err == nil && info.Mode().IsRegular() {
				if id, ok := IDOf(info); ok {
					out[id] = true
				}
			}
		}
	}
	return out
}
