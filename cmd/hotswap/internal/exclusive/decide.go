package exclusive

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Resource is what only one process may have.
type Resource struct {
	Kind    Kind
	Name    string // a path up to Database; "" of an address
	Late    bool   // of Data: generations overlapped before that was known
	Refused int    // the generation that did not get it
}

type Kind int

const (
	Nothing  Kind = iota // the program has that no other may have
	Lock                 // on a file
	Data                 // that the program keeps in a file
	Database             // in a folder of PostgreSQL
	Server               // of a database
	Slot                 // of logical replication
	Node                 // of Erlang
	Words                // of a refusal that names nothing
	Address
)

var lockWord = lazy.Pattern(`(?i)\block`) // not "an indented block"

type facts struct {
	databases []string // folders of PostgreSQL in which a file is open for writing, and names of servers
	locks     []lock   // exclusive ones
}

// lock is an exclusive lock of a descriptor on a file.
type lock struct {
	pid      int
	fd, path string
}

// enough is how many looks in a row must find a lock.
const enough = 12

// decide returns what the looks at one generation, oldest first, show that it has. dir is the project's
// folder, without symbolic links.
func decide(dir string, looks []facts) (h Resource) {
	if len(looks) == 0 {
		return h
	}
	newest := looks[len(looks)-1]
	if len(newest.databases) > 0 {
		h = Resource{Kind: Database, Name: slices.Min(newest.databases)}
		if !filepath.IsAbs(h.Name) {
			h.Kind = Server
		}
		return h
	}
	if len(looks) < enough {
		return h
	}
	for _, l := range newest.locks {
		unlocked := func(f facts) bool { return !slices.Contains(f.locks, l) }
		if strings.HasPrefix(l.path, dir+"/") && !slices.ContainsFunc(looks[len(looks)-enough:], unlocked) &&
			(h.Name == "" || l.path < h.Name) {
			h = Resource{Kind: Lock, Name: l.path}
		}
	}
	return h
}

// locksOf returns the processes that have taken exclusive locks by a descriptor, as its fdinfo says
// (proc_pid_fdinfo(5)); -1 is unknown (F_OFD_SETLK). Leases are no locks.
func locksOf(fdinfo string) (pids []int) {
	for line := range strings.Lines(fdinfo) {
		if f := strings.Fields(line); len(f) >= 6 && f[0] == "lock:" && f[4] == "WRITE" &&
			slices.Contains([]string{"FLOCK", "POSIX", "OFDLCK"}, f[2]) {
			if pid, err := strconv.Atoi(f[5]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
