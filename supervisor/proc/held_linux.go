package proc

import (
	"maps"
	"os"
	"slices"
	"strconv"
)

// OpenForWriting are the regular files that a process below pid has open for
// writing right now. The mode of a link in /proc/PID/fd says what its
// descriptor was opened for (proc_pid_fd(5)); following it gives the file
// itself, also one that was renamed or deleted since. A process that may not
// be looked at has none.
func OpenForWriting(pid int) map[FileID]bool { return openForWriting(Descendants(pid)) }

// OpenForWritingBy parts those that a process below this one has: by them below the
// keepers with that title, and by all others. A keeper is known before anything runs
// below it, so what begins meanwhile is taken for nobody else's.
func OpenForWritingBy(title string) (titled, others map[FileID]bool) {
	keeping := keepers.titled(title)
	all := Descendants(os.Getpid())
	keeping = append(keeping, keepers.titled(title)...)
	below := map[int]bool{}
	for _, k := range keeping {
		for _, pid := range Descendants(k) {
			below[pid] = true
		}
	}
	all = slices.DeleteFunc(all, func(pid int) bool { return below[pid] })
	return openForWriting(slices.Collect(maps.Keys(below))), openForWriting(all)
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
