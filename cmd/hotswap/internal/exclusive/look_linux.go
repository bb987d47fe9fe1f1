package exclusive

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Bounds of one look. What is beyond them is not seen.
const (
	maxProcesses   = 256
	maxDescriptors = 16384
	maxTime        = time.Second // for one look
	// maxDepth is how deep below its folder PostgreSQL has files, such as base/5/1259.
	maxDepth = 3
)

// servers are databases that keep their data alone, by the names that the kernel has of their processes. No file tells:
// Redis has none open.
const servers = "redis-server valkey-server keydb-server memcached mongod mysqld mariadbd etcd nats-server meilisearch"

func readFacts(tree []int) facts {
	l := factReader{tree: tree, deadline: time.Now().Add(maxTime), left: maxDescriptors}
	for _, pid := range tree[:min(len(tree), maxProcesses)] {
		l.process(pid)
	}
	return l.seen
}

type factReader struct {
	tree     []int
	deadline time.Time
	left     int // descriptors that may still be looked at
	seen     facts
}

// process looks at the name of a process and at its descriptors, as far as this process may (proc_pid_fd(5)).
func (l *factReader) process(pid int) {
	proc := procfs.Of(pid)
	if name := proc.Name(); slices.Contains(strings.Fields(servers), name) {
		l.seen.databases = append(l.seen.databases, name)
	}
	f, err := os.Open(proc.Path("fd"))
	if err != nil {
		return
	}
	defer f.Close()
	names, _ := f.Readdirnames(l.left + 1)
	for _, name := range names {
		l.left--
		if l.left < 0 || time.Now().After(l.deadline) {
			l.left = 0
			return
		}
		l.descriptor(proc, lock{pid: pid, fd: name})
	}
}

func (l *factReader) descriptor(proc procfs.Dir, at lock) {
	link := proc.Path("fd/" + at.fd)
	at.path = proc.Link("fd/" + at.fd)
	if !strings.HasPrefix(at.path, "/") || strings.HasPrefix(at.path, "/dev/") {
		return
	}
	// The mode of the link is that of the descriptor.
	if database := databaseOf(at.path); database != "" && !slices.Contains(l.seen.databases, database) {
		if mode, err := os.Lstat(link); err == nil && mode.Mode().Perm()&0o200 != 0 && isFile(link, at.path) {
			l.seen.databases = append(l.seen.databases, database)
		}
	}
	// A lock that somebody else has taken came with a descriptor that hotswap was started with.
	info, _ := proc.Read("fdinfo/" + at.fd)
	if slices.ContainsFunc(locksOf(string(info)), func(pid int) bool {
		return pid == -1 || slices.Contains(l.tree, pid)
	}) && isFile(link, at.path) {
		l.seen.locks = append(l.seen.locks, at)
	}
}

// isFile reports whether the path names the regular file that a descriptor has open. It does not
// if the file was deleted, or if the process has other mounts.
func isFile(link, path string) bool {
	return regular.File(link) && regular.Same(link, path)
}

// databaseOf returns the PostgreSQL folder that a file is in, or "".
func databaseOf(path string) (found string) {
	for at, depth := filepath.Dir(path), 0; depth < maxDepth && at != "/"; at, depth = filepath.Dir(at), depth+1 {
		if regular.File(filepath.Join(at, "PG_VERSION")) {
			// base/5 has a file PG_VERSION too.
			found = at
		}
	}
	return found
}
