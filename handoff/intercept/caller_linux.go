package intercept

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/handoff/writes"
	"github.com/hotswap-dev/hotswap/internal/procfs"
)

// caller is the process whose call waits for an answer. What is read of it is valid only while the call
// waits. It is read of the calling thread, because /proc/PID is empty when the first thread has ended.
type caller struct {
	seccomp.Notification
	tid int // the calling thread, as notified
	pid int // its process

	effective uint64             // effective capabilities
	user      syscall.Credential // the owner of sockets and files that the process makes (fsuid, proc_pid_status(5))
}

// proc is the folder of the calling thread.
func (c caller) proc() procfs.Dir { return procfs.Of(c.tid) }

// identify finds the process of the thread. The JVM, Erlang and many Go programs do not bind on their first thread.
func (c *caller) identify() error {
	b, err := c.proc().Read("status")
	if err != nil {
		return fmt.Errorf("status of thread %d: %w", c.tid, err)
	}
	ids := func(name string) (all []uint32) {
		for text := range strings.FieldsSeq(procfs.Field(b, name)) {
			if n, err := strconv.ParseUint(text, 10, 32); err == nil {
				all = append(all, uint32(n))
			}
		}
		return all
	}
	pid, users, groups := int(procfs.Number(b, "Tgid", 10)), ids("Uid"), ids("Gid")
	if pid == 0 || len(users) < 4 || len(groups) < 4 {
		return fmt.Errorf("status of thread %d has an unknown form", c.tid)
	}
	c.pid, c.effective = pid, procfs.Number(b, "CapEff", 16)
	c.user = syscall.Credential{Uid: users[3], Gid: groups[3], Groups: ids("Groups")}
	return nil
}

// memory reads size bytes at addr. Container profiles forbid /proc/PID/mem less often than
// process_vm_readv(2).
func (c caller) memory(addr uint64, size int) ([]byte, error) {
	path := c.proc().Path("mem")
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) // os.Open asks epoll, too, and takes twice as long
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	b := make([]byte, size)
	n, err := unix.Pread(fd, b, int64(addr))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// address reads the address of a bind(2) or connect(2).
func (c caller) address() ([]byte, error) {
	size := c.Int(2)
	if size <= 0 || size > maxSockaddr {
		return nil, unix.EINVAL
	}
	return c.memory(c.Args[1], size)
}

// folder returns the folder of a file as the caller names it, by the path that it has in hotswap's own mounts; "": it
// has none. The kernel resolves /proc/self for hotswap, so folder does that for the caller, which may have another
// root, too.
func (c caller) folder(file string, dirfd int) string {
	from, how := c.proc().Path("cwd"), unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC}
	if dirfd != unix.AT_FDCWD {
		from = c.proc().FD(dirfd)
	}
	dir := file[:strings.LastIndexByte(file, '/')+1]
	if dir == "/dev/fd/" {
		dir = "/proc/self/fd/"
	}
	if strings.HasPrefix(dir, "/") {
		from, how.Resolve = c.proc().Path("root"), unix.RESOLVE_IN_ROOT
	}
	for _, self := range []string{"/proc/self/", "/proc/thread-self/"} {
		if rest, ok := strings.CutPrefix(dir, self); ok {
			from, dir, how.Resolve = string(c.proc()), rest, 0
		}
	}
	start, err := unix.Open(from, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(start)
	fd, err := unix.Openat2(start, cmp.Or(dir, "."), &how)
	if err != nil {
		return "" // the kernel returns the error to the program
	}
	defer unix.Close(fd)
	return writes.Real(procfs.Self.FD(fd))
}

// fd returns the descriptor of the socket that a call is about: its first argument.
func (c caller) fd() int { return c.Int(0) }

// duplicate returns a duplicate of the socket, for hotswap to close.
func (c caller) duplicate() (int, error) { return procfs.Duplicate(c.pid, c.tid, c.fd()) }

// inode returns the socket's number, or 0.
func (c caller) inode() uint64 { return procfs.Inode(c.tid, c.fd()) }

// flags returns two flags of the descriptor (proc_pid_fdinfo(5)).
func (c caller) flags() (nonblock, closeOnExec bool) {
	b, err := c.proc().Read("fdinfo/" + strconv.Itoa(c.fd()))
	if err != nil {
		return true, true
	}
	n := procfs.Number(b, "flags", 8)
	return n&unix.O_NONBLOCK != 0, n&unix.O_CLOEXEC != 0
}

// protocol returns the socket's protocol ("tcp", "udp"…), for sockets that cannot be duplicated. The kernel's name
// (TCPv6) is an extended attribute (net/socket.c: sockfs_xattr_get).
func (c caller) protocol() string {
	b := make([]byte, 32)
	n, err := unix.Getxattr(c.proc().FD(c.fd()), "system.sockprotoname", b)
	if err != nil {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimRight(string(b[:n]), "\x00"), "v6"))
}

// arguments returns the caller's command line and what variables of Node, Bun and the JVM add to it.
func (c caller) arguments() []string {
	args := c.proc().Words("cmdline")
	for _, kv := range c.proc().Words("environ") {
		switch name, options, _ := strings.Cut(kv, "="); name {
		case "NODE_OPTIONS", "BUN_OPTIONS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS":
			args = append(args, strings.Fields(options)...)
		}
	}
	return args
}

// forbidden reports whether an error means that hotswap may not, rather than that the process is gone.
func forbidden(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSYS)
}

// Debugs reports whether a port at which a process listens is a debugger's, as far as its arguments tell.
func Debugs(pid int, port uint16) bool {
	who := caller{tid: pid, pid: pid}
	return debuggerOf(who.arguments()).listensAt(port, who.proc().Program(), false)
}
