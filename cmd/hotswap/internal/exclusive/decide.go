package exclusive

import (
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

// facts are what one look has seen.
type facts struct {
	databases []string // folders of PostgreSQL in which a file is open for writing, and names of servers
	locks     []lock   // exclusive ones
	wanted    []string // the program's commands, files that a newer generation has open, and its words where it has failed
}

// wants reports whether a newer generation wants the file too: a text names it, and not only a file whose name is longer.
func (f facts) wants(path string) bool {
	name, err := regexp.Compile("(^|" + edge + ")" + regexp.QuoteMeta(path) + `\.?(` + edge + "|$)")
	return err == nil && slices.ContainsFunc(f.wanted, name.MatchString) // an error: the path is no UTF-8
}

// edge is what stands before or behind a name in a text, or between the words of a command.
const edge = "[\\s\\x00'\"`=:,;()\\[\\]{}<>]"

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
		if (strings.HasPrefix(l.path, dir+"/") || newest.wants(l.path)) && !slices.ContainsFunc(looks[len(looks)-enough:], func(f facts) bool { return !slices.Contains(f.locks, l) }) {
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
