package intercept

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// write notes which files a call opens for writing, removes or puts something in the place of. That is noted
// before the call goes on, so before they change. A file system that does not answer holds up nobody else.
func (s *session) write(n seccomp.Notification, who caller) {
	if s.writes == nil {
		return
	}
	for _, w := range abis[runtime.GOARCH].writes {
		if int32(w.nr) == n.NR && !s.note(n, who, w) {
			return
		}
	}
}

// note notes one of them, and tells whether that is possible.
func (s *session) note(n seccomp.Notification, who caller, w writing) bool {
	kind, flags := who.kindOf(n, w)
	if kind == handoff.Reads && !s.writes.wanted("") {
		return true
	}
	path, err := who.text(n.Args[w.path])
	if err != nil || path == "" {
		return err == nil
	}
	dir, name := who.folder(path, w, n), path[strings.LastIndexByte(path, '/')+1:]
	if kind == handoff.Reads && !s.writes.wanted(name) {
		return true
	}
	places, there := placesOf(dir, name)
	real := realOf(dir)
	mine := s.build || kind == handoff.Reads || s.isProgram(who.tid)
	if !s.listener.Waits(n.ID) {
		return false
	}
	opens := flags&unix.O_ACCMODE != 0
	if !mine || opens && (there && flags&unix.O_EXCL != 0 || !there && flags&unix.O_CREAT == 0) { // or the call fails
		return true
	}
	does := count{}
	switch {
	case opens:
		does.writes = 1
	case kind == handoff.Replaces:
		does.renames = 1
	}
	if kind != handoff.Reads {
		s.writes.note(time.Now(), s.build, does, real, places...)
	}
	if kind != other && there && !s.build {
		s.writes.access(handoff.Access{Gen: s.gen, At: time.Now(), Path: filepath.Join(real, name), Kind: kind})
	}
	return true
}

// isProgram reports whether what a thread's process writes is the program's own: until the generation is ready, and if it
// listens nowhere, what any process writes; from then on, what those write that listen. A compiler beside the server in one
// command (tsc -w & node dist) listens nowhere, and writes what a person has saved; where a shell has become the server by
// exec, the compiler is below the server.
func (s *session) isProgram(tid int) bool {
	if ready, _ := s.registry.IsReady(s.gen, handoff.Endpoint{}); !ready || len(s.registry.Endpoints(s.gen)) == 0 {
		return true
	}
	who, err := newCaller(tid)
	if err != nil {
		return false
	}
	_, serves := s.servers.Load(who.pid)
	if !serves { // it may have its socket from a parent
		_ = procfs.Sockets(tid, func(_, _ int, inode uint64) { serves = serves || s.registry.IsGate(inode) })
	}
	if serves {
		s.servers.Store(who.pid, nil) // also when it has closed its socket, and writes once more
	}
	return serves
}

// folder leads to the folder of the path, as the caller sees it: it may have another root, and other mounts.
func (c caller) folder(path string, w writing, n seccomp.Notification) string {
	dir := path[:strings.LastIndexByte(path, '/')+1]
	switch {
	case strings.HasPrefix(path, "/"):
		return c.proc().Path("root" + dir)
	case w.dir == none || int32(n.Args[w.dir]) == unix.AT_FDCWD:
		return c.proc().Path("cwd/" + dir)
	}
	return c.proc().FD(int(int32(n.Args[w.dir]))) + "/" + dir
}

// other is the kind of a call that removes or links a file, or opens it for writing anywhere.
const other handoff.AccessKind = 255

// kindOf returns what a call does with its file, and the flags with which it opens the file, or 0. openat2(2) has them in
// struct open_how.
func (c caller) kindOf(n seccomp.Notification, w writing) (kind handoff.AccessKind, flags uint64) {
	switch {
	case w.name == "openat2":
		b, err := c.memory(n.Args[2], 8)
		if err != nil {
			return handoff.Reads, 0
		}
		flags = binary.NativeEndian.Uint64(b)
	case w.flags != none:
		flags = n.Args[w.flags]
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

// text reads a path: it ends with a zero, and may be all that its page has.
func (c caller) text(addr uint64) (string, error) {
	const page = 4096
	var out []byte
	for len(out) < unix.PathMax {
		b, err := c.memory(addr, int(page-addr%page))
		if err != nil {
			return "", err
		}
		if end := bytes.IndexByte(b, 0); end >= 0 {
			return string(append(out, b[:end]...)), nil
		}
		out, addr = append(out, b...), addr+uint64(len(b))
	}
	return "", nil
}

// placesOf are what the file of that name in the folder is known by: its place, and itself, for there may be
// other ways to it (symbolic links, hard links). A file system that does not tell when a file was made (statx(2))
// leaves the place only, because a number alone may be that of a file that has gone. A device is no file, and has no place.
// there reports whether a file is there.
func placesOf(dir, name string) (out []place, there bool) {
	folder, _, err := identify(dir)
	if err != nil {
		return nil, false
	}
	out = append(out, place{dev: folder.dev, ino: folder.ino, born: folder.born, name: name})
	file, mode, err := identify(dir + "/" + name)
	switch {
	case err != nil:
		return out, false
	case mode&unix.S_IFMT != unix.S_IFREG:
		return nil, false
	case file.born != 0:
		out = append(out, file)
	}
	return out, true
}

// identify returns what is at the path. born is 0 if the file system does not tell.
func identify(path string) (p place, mode uint16, err error) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		return p, 0, err
	}
	p = place{dev: unix.Mkdev(st.Dev_major, st.Dev_minor), ino: st.Ino}
	if st.Mask&unix.STATX_BTIME != 0 {
		p.born = st.Btime.Sec*1e9 + int64(st.Btime.Nsec)
	}
	return p, st.Mode, nil
}
