package intercept

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// caller is the process whose call is being answered. What is read of it is
// true only while the notification is alive. It is read of the calling thread,
// for the first thread may have ended: then /proc/PID has nothing.
type caller struct {
	tid int // the calling thread, as notified
	pid int // its process

	effective uint64 // its effective capabilities
	user      uint32 // whose sockets are those that it makes (fsuid, proc_pid_status(5))
}

// newCaller finds the process of a thread. The JVM, Erlang and many Go
// programs bind on another thread than the first.
func newCaller(tid int) (caller, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return caller{}, err
	}
	c := caller{tid: tid}
	for line := range bytes.Lines(b) {
		name, value, _ := strings.Cut(string(line), ":")
		switch value = strings.TrimSpace(value); name {
		case "Tgid":
			c.pid, err = strconv.Atoi(value)
		case "CapEff":
			c.effective, err = strconv.ParseUint(value, 16, 64)
		case "Uid":
			_, err = fmt.Sscan(value, new(int), new(int), new(int), &c.user)
		}
		if err != nil {
			return caller{}, fmt.Errorf("/proc/%d/status: %w", tid, err)
		}
	}
	if c.pid == 0 {
		return caller{}, fmt.Errorf("/proc/%d/status: no Tgid", tid)
	}
	return c, nil
}

// memory reads size bytes at addr. /proc/PID/mem rather than
// process_vm_readv(2), which container profiles forbid more often.
func (c caller) memory(addr uint64, size int) ([]byte, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", c.tid))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, size)
	_, err = f.ReadAt(b, int64(addr))
	return b, err
}

// duplicate gives us a descriptor of the caller's socket; ours to close.
func (c caller) duplicate(fd int) (int, error) {
	pidfd, err := fdtable.Pidfd(c.pid, c.tid)
	if err != nil {
		return -1, fmt.Errorf("pidfd_open %d: %w", c.tid, err)
	}
	defer unix.Close(pidfd)
	dup, err := fdtable.Get(pidfd, fd)
	if err != nil {
		return -1, fmt.Errorf("pidfd_getfd: %w", err)
	}
	return dup, nil
}

// inode is the number of the socket at fd, 0 if it is none.
func (c caller) inode(fd int) uint64 { return fdtable.Inode(c.tid, fd) }

// flags are the status and descriptor flags of fd (proc_pid_fdinfo(5)).
func (c caller) flags(fd int) (nonblock, closeOnExec bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", c.tid, fd))
	if err != nil {
		return true, true
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("flags:")); ok {
			n, _ := strconv.ParseUint(string(bytes.TrimSpace(rest)), 8, 64)
			return n&unix.O_NONBLOCK != 0, n&unix.O_CLOEXEC != 0
		}
	}
	return true, true
}

// protocol is the kernel's name of the socket's protocol ("TCP", "TCPv6",
// "UDP"…), for where the socket cannot be duplicated and asked. It is an
// extended attribute of every socket (net/socket.c: sockfs_xattr_get).
func (c caller) protocol(fd int) string {
	b := make([]byte, 32)
	n, err := unix.Getxattr(fmt.Sprintf("/proc/%d/fd/%d", c.tid, fd), "system.sockprotoname", b)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(b[:n]), "\x00")
}

// isTCP says whether that name is plain TCP's.
func isTCP(protocol string) bool { return protocol == "TCP" || protocol == "TCPv6" }

// program is the name of the file that the caller executes.
func (c caller) program() string {
	link, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", c.tid))
	return filepath.Base(link)
}

// arguments is the caller's command line and, for node's sake, what
// NODE_OPTIONS adds to it.
func (c caller) arguments() []string {
	var args []string
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", c.tid)); err == nil {
		args = strings.Split(string(b), "\x00")
	}
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", c.tid)); err == nil {
		for kv := range strings.SplitSeq(string(b), "\x00") {
			if options, ok := strings.CutPrefix(kv, "NODE_OPTIONS="); ok {
				args = append(args, strings.Fields(options)...)
			}
		}
	}
	return args
}

// forbidden says that an error means 'you may not', so that trying again is in
// vain, rather than 'it is gone'.
func forbidden(err error) bool {
	return errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOSYS)
}
