package intercept

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/writes"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// write notes which files a call opens for writing, removes or puts something in the place of, and has the call go on.
// A file system that does not answer holds up nobody else.
func (s *session) write(who caller) {
	var paths []string
	for _, w := range writings {
		if s.Writes != nil && w.is(who.NR) {
			paths = append(paths, s.note(who, w)...)
		}
	}
	if len(paths) == 0 {
		who.Continue()
		return
	}
	by := handoff.TheProgram
	if s.build {
		by = handoff.TheBuild
	}
	s.Writes.Note(who.tid, by, paths, who.Continue)
}

// note returns the file that the call changes, if its account is kept, and passes on what package exclusive wants.
func (s *session) note(who caller, w writing) (changes []string) {
	kind, flags := who.kindOf(w)
	if kind == handoff.Reads && !s.Writes.Reads("") {
		return nil
	}
	path, err := who.text(who.Args[w.path])
	name := path[strings.LastIndexByte(path, '/')+1:]
	if err != nil || kind == handoff.Reads && !s.Writes.Reads(name) {
		return nil
	}
	from := unix.AT_FDCWD
	if w.dir != none {
		from = who.Int(w.dir)
	}
	opens := flags&unix.O_ACCMODE != 0
	var st unix.Stat_t
	place := filepath.Join(who.folder(path, from), name)
	there := unix.Stat(place, &st) == nil
	if opens && there { // maybe behind a link
		place = writes.Real(place)
	}
	fails := opens && (!there && flags&unix.O_CREAT == 0 ||
		there && (flags&unix.O_EXCL != 0 || unix.Access(place, unix.W_OK) != nil))
	if !s.Writes.Wants(place) || there && st.Mode&unix.S_IFMT != unix.S_IFREG || fails ||
		kind != handoff.Reads && !s.build && !s.isProgram(who.tid) || !who.Waits() {
		return nil
	}
	if kind != handoff.Reads && w.name != "truncate" {
		changes = append(changes, place)
	}
	if kind != other && there && !s.build {
		s.Writes.Access(handoff.Access{Gen: s.gen, At: time.Now(), Path: place, Kind: kind})
	}
	return changes
}

// isProgram reports whether what a thread's process writes is the program's own: until the generation is ready, and if
// it listens nowhere, what any process writes; from then on, what those write that listen, and those that they have
// started since. A compiler beside the server in one command (tsc -w & node dist) is neither, also where the shell has
// become the server by exec: the compiler writes what a person has saved.
func (s *session) isProgram(tid int) bool {
	if ready, _ := s.registry.IsReady(s.gen, handoff.Endpoint{}); !ready || len(s.registry.Endpoints(s.gen)) == 0 {
		return true
	}
	child, at := uint64(math.MaxUint64), tid // when the last one began; the next ancestor
	for range maxAncestors {
		who := caller{tid: at}
		if err := who.identify(); err != nil || who.pid == os.Getpid() { // which has a duplicate of each gate
			return false
		}
		stat, err := procfs.Of(who.pid).Stat()
		if err != nil {
			return false
		}
		began := stat.Number(22)
		since, serves := s.servers.Load(who.pid)
		if !serves { // it may have its socket from a parent
			_ = procfs.Sockets(at, func(_, _ int, inode uint64) { serves = serves || s.registry.IsGate(inode) })
			since = began
		}
		if serves {
			// also when it has closed its socket, and writes once more
			s.servers.Store(who.pid, since)
			return since.(uint64) < child || slices.Equal(script(tid), script(who.pid)) // one of Node's cluster
		}
		child, at = began, int(stat.Number(4))
	}
	return false
}

// script returns the executable of a process, and the name of its first argument.
func script(pid int) []string {
	words := append(procfs.Of(pid).Words("cmdline"), "", "")
	return []string{procfs.Of(pid).Exe(), filepath.Base(words[1])}
}

// maxAncestors is how far from a server a process may be that is the server's.
const maxAncestors = 16

// other is the kind of a call that removes or links a file, or opens it for writing anywhere.
const other handoff.AccessKind = 255

// kindOf returns what a call does with its file, and the flags with which it opens the file, or 0. openat2(2) has them
// in struct open_how.
func (c caller) kindOf(w writing) (kind handoff.AccessKind, flags uint64) {
	switch {
	case w.name == "openat2":
		b, err := c.memory(c.Args[2], 8)
		if err != nil {
			return handoff.Reads, 0
		}
		flags = binary.NativeEndian.Uint64(b)
	case w.flags != none:
		flags = c.Args[w.flags]
	case w.name == "creat":
		flags = unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC
	case w.name == "truncate":
		return handoff.Empties, 0
	case strings.HasPrefix(w.name, "rename") && w.path%2 == 1 && w.dir != 0: // the new name
		return handoff.Replaces, 0
	default:
		return other, 0
	}
	switch {
	case flags&unix.O_ACCMODE == 0:
		return handoff.Reads, flags
	case flags&unix.O_TRUNC != 0:
		return handoff.Empties, flags
	case flags&unix.O_APPEND != 0:
		return handoff.Appends, flags
	}
	return other, flags
}

// text reads a path, which ends with a zero. The memory may end sooner than the longest path would.
func (c caller) text(addr uint64) (string, error) {
	b, err := c.memory(addr, unix.PathMax)
	text, _, ends := strings.Cut(string(b), "\x00")
	if text == "" || !ends {
		return "", err
	}
	return text, nil
}
