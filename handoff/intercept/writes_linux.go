package intercept

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// write notes which files a call opens for writing, removes or puts something in the place of. That is noted
// before the call goes on, so before they change.
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
	if w.name == "openat2" && !who.writesHow(n.Args[2]) {
		return true
	}
	path, err := who.text(n.Args[w.path])
	if err != nil || path == "" {
		if err != nil && forbidden(err) {
			s.writes.watch(s.author(), false)
		}
		return err == nil
	}
	dir := who.folder(path, w, n)
	places := placesOf(dir, path[strings.LastIndexByte(path, '/')+1:])
	if !s.listener.Waits(n.ID) {
		return false
	}
	s.writes.note(time.Now(), s.build, places...)
	return true
}

// author is what the session answers for.
func (s *session) author() author { return author{s.build, int(s.gen)} }

// folder leads to the folder of the path, as the caller sees it: it may have another root, and other mounts.
func (c caller) folder(path string, w writing, n seccomp.Notification) string {
	dir := path[:strings.LastIndexByte(path, '/')+1]
	switch {
	case strings.HasPrefix(path, "/"):
		return fmt.Sprintf("/proc/%d/root%s", c.tid, dir)
	case w.dir == none || int32(n.Args[w.dir]) == unix.AT_FDCWD:
		return fmt.Sprintf("/proc/%d/cwd/%s", c.tid, dir)
	}
	return fmt.Sprintf("/proc/%d/fd/%d/%s", c.tid, int32(n.Args[w.dir]), dir)
}

// writesHow reads the flags in struct open_how (openat2(2)).
func (c caller) writesHow(addr uint64) bool {
	b, err := c.memory(addr, 8)
	return err == nil && binary.NativeEndian.Uint64(b)&unix.O_ACCMODE != 0
}

// text reads a path: it ends with a zero, and may be all that its page has.
func (c caller) text(addr uint64) (string, error) {
	const page = 4096
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", c.tid))
	if err != nil {
		return "", err
	}
	defer f.Close()
	var out []byte
	for len(out) < unix.PathMax {
		b := make([]byte, page-addr%page)
		n, err := f.ReadAt(b, int64(addr))
		if end := bytes.IndexByte(b[:n], 0); end >= 0 {
			return string(append(out, b[:end]...)), nil
		}
		if err != nil {
			return "", err
		}
		out, addr = append(out, b...), addr+uint64(n)
	}
	return "", nil
}

// placesOf are what the file of that name in the folder is known by: its place, and itself, for there may be
// other ways to it (symbolic links, hard links). A file system that does not tell when a file was made (statx(2))
// leaves the place only, because a number alone may be that of a file that has gone.
func placesOf(dir, name string) (out []place) {
	folder, _, err := identify(dir)
	if err != nil {
		return nil
	}
	out = append(out, place{dev: folder.dev, ino: folder.ino, born: folder.born, name: name})
	if file, mode, err := identify(dir + "/" + name); err == nil && mode&unix.S_IFMT == unix.S_IFREG && file.born != 0 {
		out = append(out, file)
	}
	return out
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
