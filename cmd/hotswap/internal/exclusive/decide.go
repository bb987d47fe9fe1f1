package exclusive

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Holding is what only one process may have open.
type Holding struct {
	Path     string
	Database bool // a folder of PostgreSQL, or the name of a server; else a file with a lock

	Data bool // a file in which the program keeps its data
	Late bool // and generations overlapped before that was known

	Slot    string // of logical replication, the name of an Erlang node, or words with spaces; then there is no Path; with neither, it is an address
	Refused int    // the generation that did not get it
}

var lockWord = regexp.MustCompile(`(?i)\block`) // not "an indented block"

// namedBy reports whether the last lines of a failed generation say that it did not get this: they name the file, or a lock.
func (h Holding) namedBy(lines []string) bool {
	text := strings.Join(lines, "\n")
	return h.Path != "" && strings.Contains(text, filepath.Base(h.Path)) || lockWord.MatchString(text)
}

type facts struct {
	databases []string // folders of PostgreSQL in which a file is open for writing, and names of servers
	locks     []lock   // exclusive ones
}

// lock is an exclusive lock of a descriptor on a file.
type lock struct {
	pid, fd int
	path    string
}

// enough is how many looks in a row must find a lock.
const enough = 12

// decide returns what the looks at one generation, oldest first, show that it holds. dir is the project's
// folder, without symbolic links.
func decide(dir string, looks []facts) (Holding, bool) {
	if len(looks) == 0 {
		return Holding{}, false
	}
	newest := looks[len(looks)-1]
	if len(newest.databases) > 0 {
		return Holding{Path: slices.Min(newest.databases), Database: true}, true
	}
	if len(looks) < enough {
		return Holding{}, false
	}
	var kept []string
	for _, l := range newest.locks {
		if strings.HasPrefix(l.path, dir+"/") && !slices.ContainsFunc(looks[len(looks)-enough:], func(f facts) bool { return !slices.Contains(f.locks, l) }) {
			kept = append(kept, l.path)
		}
	}
	if len(kept) == 0 {
		return Holding{}, false
	}
	return Holding{Path: slices.Min(kept)}, true
}

// locksOf returns the processes that have taken exclusive locks by a descriptor, as its fdinfo says
// (proc_pid_fdinfo(5)); -1 is unknown (F_OFD_SETLK). Leases are no locks.
func locksOf(fdinfo string) (pids []int) {
	for line := range strings.Lines(fdinfo) {
		if f := strings.Fields(line); len(f) >= 6 && f[0] == "lock:" && f[4] == "WRITE" && slices.Contains([]string{"FLOCK", "POSIX", "OFDLCK"}, f[2]) {
			if pid, err := strconv.Atoi(f[5]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
