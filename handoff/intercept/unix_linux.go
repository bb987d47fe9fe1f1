package intercept

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
)

// maxUnix bounds the unix sockets of a generation that become gates: some programs make up a new path each time.
const maxUnix = 64

// atUnix returns the endpoint of a path as the caller means it, and the socket's file there (0: there is none). Where
// hotswap cannot reach the folder by the path, in another mount namespace, there is neither.
func (c caller) atUnix(name string, dirfd int) (e handoff.Endpoint, file uint64) {
	if folder := c.folder(name, dirfd); folder != "" {
		e = handoff.Endpoint{Network: "unix", Path: path.Join(folder, path.Base(name))}
		var st unix.Stat_t
		_ = unix.Lstat(e.Path, &st)
		file = st.Ino
	}
	return e, file
}

// bindUnix handles bind(2) of a unix address, and reports whether it has answered.
func (s *session) bindUnix(who caller, name string) (answered bool) {
	if strings.HasPrefix(name, "@") {
		s.foreseeUnix(who, name, errAbstract)
		return false
	}
	e, file := who.atUnix(name, unix.AT_FDCWD)
	if file == 0 {
		return false
	}
	dup, err := who.duplicate()
	if err != nil && !s.registry.Declared(e) {
		return false // where duplicating is forbidden, other unix sockets are unknown
	}
	inode := who.inode()
	if err == nil {
		defer unix.Close(dup)
		if kind, err := unix.GetsockoptInt(dup, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
			if err == nil {
				s.foreseeUnix(who, name, errKind)
			}
			return false
		}
	}
	if _, one := s.registry.Serves(s.gen, e); !one {
		unixpath.RemoveLeftovers(e)
		return false
	}
	plan, err := s.registry.Bind(reuseport.BindRequest{
		Gen: s.gen, Endpoint: e, Inode: inode, File: file, Inspectable: true, Open: s.openSockets(e, inode),
	})
	switch {
	case errors.Is(err, reuseport.ErrUnshared):
		s.unshared(name, err)
	case err != nil:
		return s.refuse(who, e, err)
	case plan.Action == reuseport.Inject:
		return s.inject(who, dup, e, plan)
	case plan.Action == reuseport.Share && dup >= 0 && who.Waits():
		var errno unix.Errno
		user := &who.user
		if int(user.Uid) == unix.Geteuid() {
			user = nil // hotswap may not be root
		}
		if err := unixpath.BindBeside(dup, e, inode, user); err == nil {
			s.remember(inode, bound{endpoint: e})
		} else if !errors.As(err, &errno) {
			errno = unix.EADDRINUSE
		}
		who.Return(errno)
		return true
	}
	return false
}

// errAbstract says why an abstract name is not handed over.
var errAbstract = errors.New("an abstract name can have only one socket")

// unshared reports that the kernel will refuse the bind because an older generation has the address.
func (s *session) unshared(address string, err error) {
	s.unsharedOnce.Do(func() { s.report(handoff.Unshared{Gen: s.gen, Address: address, Err: err}) })
}

// foreseeUnix reports that the kernel will refuse the bind of a socket that is not shared, if an older generation has
// the socket that was bound to the name in the caller's network namespace.
func (s *session) foreseeUnix(who caller, name string, why error) {
	var inode uint64 // 0: there is none
	_ = who.proc().UnixSockets(func(at []byte, _ bool, number uint64) {
		if inode == 0 && string(at) == strings.TrimRight(name, "\x00") {
			inode = number
		}
	})
	if inode != 0 && s.registry.OpenElsewhere(s.gen, inode) {
		s.unshared(name, why)
	}
}

// listenUnix returns the endpoint of a unix stream socket that is about to listen at a path, if other generations will
// want that path. dup is a duplicate.
func (s *session) listenUnix(who caller, dup int) (e handoff.Endpoint, ok bool) {
	sa, err := unix.Getsockname(dup)
	at, isUnix := sa.(*unix.SockaddrUnix)
	kind, _ := unix.GetsockoptInt(dup, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || !isUnix || at.Name == "" || at.Name[0] == '@' || kind != unix.SOCK_STREAM ||
		s.unixGates >= maxUnix {
		return e, false
	}
	e, file := who.atUnix(at.Name, unix.AT_FDCWD)
	if file == 0 || s.isPrivate(e) {
		return e, false
	}
	s.unixGates++
	return e, true
}

// isPrivate reports whether only this generation can mean the path: one with a process's number (tsx, JVM), or in a
// folder that is younger than the generation (Python's multiprocessing, browsers).
func (s *session) isPrivate(e handoff.Endpoint) bool {
	numbers := strings.FieldsFunc(e.Path, func(r rune) bool { return !unicode.IsDigit(r) })
	if slices.ContainsFunc(s.tree(), func(pid int) bool { return slices.Contains(numbers, strconv.Itoa(pid)) }) {
		return true
	}
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path.Dir(e.Path), 0, unix.STATX_BTIME, &st)
	return err == nil && time.Unix(st.Btime.Sec, int64(st.Btime.Nsec)).After(s.began)
}

// isUnlink reports whether the number is that of unlink(2), which arm64 has not, or of unlinkat(2).
func isUnlink(nr int32) bool {
	return slices.ContainsFunc(writings, func(w writing) bool { return w.is(nr) && strings.HasPrefix(w.name, "unlink") })
}

// unlink handles unlink(2) and unlinkat(2), and reports whether it has answered. The file of a gate stays.
func (s *session) unlink(who caller) (answered bool) {
	dir, at := unix.AT_FDCWD, who.Args[0]
	if who.NR == unix.SYS_UNLINKAT {
		dir, at = who.Int(0), who.Args[1]
		if who.Args[2]&unix.AT_REMOVEDIR != 0 {
			return false
		}
	}
	known := s.registry.UnixEndpoints()
	name, err := who.text(at)
	if err != nil {
		return false
	}
	base := path.Base(name)
	if !slices.ContainsFunc(known, func(e handoff.Endpoint) bool { return strings.Contains(base, path.Base(e.Path)) }) {
		return false
	}
	e, file := who.atUnix(name, dir)
	if public, ours := strings.CutPrefix(base, "."); ours { // its own name, by getsockname(2)
		if public, number, cut := strings.Cut(public, ".hotswap-"); cut && strings.Trim(number, "0123456789") == "" {
			e.Path = path.Join(path.Dir(e.Path), public)
		}
	}
	if !s.registry.Unlink(s.gen, e, file) || !who.Waits() {
		return false
	}
	who.Return(0)
	return true
}

// connect handles connect(2) to a unix address, and reports whether it has answered. A generation that does not listen
// at its path yet wants to know whether another program does (puma): no, the one that does is about to be replaced.
func (s *session) connect(who caller) (answered bool) {
	raw, err := who.address()
	name, ok := unixAddress(raw)
	if err != nil || !ok || strings.HasPrefix(name, "@") {
		return false
	}
	e, file := who.atUnix(name, unix.AT_FDCWD)
	if this, one := s.registry.Serves(s.gen, e); this || !one || !s.registry.Unlink(s.gen, e, file) ||
		!who.Waits() {
		return false
	}
	who.Return(unix.ECONNREFUSED)
	return true
}
