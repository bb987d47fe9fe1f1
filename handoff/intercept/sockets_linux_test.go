package intercept

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// orders is a program that does what it is told, one order a line, and
// answers each with one line: "ok" or what was asked for, or the error's name.
type orders struct{ fds map[string]int }

func helperSockets([]string) {
	s := orders{map[string]int{}}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		words := strings.Fields(in.Text())
		say(s.obey(words[0], words[1], words[2:]))
	}
}

// options are those that tests set and read, by name.
var options = map[string]struct{ level, option int }{
	"reuseport": {unix.SOL_SOCKET, unix.SO_REUSEPORT},
	"reuseaddr": {unix.SOL_SOCKET, unix.SO_REUSEADDR},
	"rcvbuf":    {unix.SOL_SOCKET, unix.SO_RCVBUF},
	"sndbuf":    {unix.SOL_SOCKET, unix.SO_SNDBUF},
	"keepalive": {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	"listens":   {unix.SOL_SOCKET, unix.SO_ACCEPTCONN},
	"v6only":    {unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
	"nodelay":   {unix.IPPROTO_TCP, unix.TCP_NODELAY},
	"fastopen":  {unix.IPPROTO_TCP, unix.TCP_FASTOPEN},
	"defer":     {unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT},
	"maxseg":    {unix.IPPROTO_TCP, unix.TCP_MAXSEG},
}

var kinds = map[string][3]int{
	"tcp4":  {unix.AF_INET, unix.SOCK_STREAM, 0},
	"tcp6":  {unix.AF_INET6, unix.SOCK_STREAM, 0},
	"udp4":  {unix.AF_INET, unix.SOCK_DGRAM, 0},
	"udp6":  {unix.AF_INET6, unix.SOCK_DGRAM, 0},
	"dgram": {unix.AF_UNIX, unix.SOCK_DGRAM, 0},
	"unix":  {unix.AF_UNIX, unix.SOCK_STREAM, 0},
}

func (s *orders) obey(order, name string, args []string) string {
	fd := s.fds[name]
	number := func(i int) int {
		n, err := strconv.Atoi(args[i])
		must(err)
		return n
	}
	switch order {
	case "socket": // NAME KIND [nonblock] [cloexec]
		kind, flags := kinds[args[0]], 0
		for _, f := range args[1:] {
			flags |= map[string]int{"nonblock": unix.SOCK_NONBLOCK, "cloexec": unix.SOCK_CLOEXEC}[f]
		}
		fd, err := unix.Socket(kind[0], kind[1]|flags, kind[2])
		s.fds[name] = fd
		return result(err)
	case "set":
		o := options[args[0]]
		return result(unix.SetsockoptInt(fd, o.level, o.option, number(1)))
	case "get":
		o := options[args[0]]
		n, err := unix.GetsockoptInt(fd, o.level, o.option)
		if err != nil {
			return result(err)
		}
		return strconv.Itoa(n)
	case "bind":
		return result(unix.Bind(fd, address(args[0])))
	case "device":
		return result(unix.SetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, args[0]))
	case "read": // a datagram
		b := make([]byte, 100)
		n, _, err := unix.Recvfrom(fd, b, unix.MSG_DONTWAIT)
		if err != nil {
			return result(err)
		}
		return string(b[:n])
	case "accept": // NAME LISTENER
		conn, _, err := unix.Accept4(s.fds[args[0]], unix.SOCK_CLOEXEC)
		s.fds[name] = conn
		return result(err)
	case "listen":
		return result(unix.Listen(fd, number(0)))
	case "name":
		sa, err := unix.Getsockname(fd)
		if err != nil {
			return result(err)
		}
		return text(sa)
	case "inode":
		var st unix.Stat_t
		must(unix.Fstat(fd, &st))
		return strconv.FormatUint(st.Ino, 10)
	case "flags":
		status, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		must(err)
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		must(err)
		return fmt.Sprintf("nonblock=%v cloexec=%v", status&unix.O_NONBLOCK != 0, flags&unix.FD_CLOEXEC != 0)
	case "become": // USER: all threads, and no capability is left
		n, err := strconv.Atoi(name)
		must(err)
		return result(syscall.Setuid(n))
	case "confine": // ANY: this thread, which obeys from now on, gives up bind(2)
		runtime.LockOSThread()
		rules := unix.LandlockRulesetAttr{Handled_access_net: unix.LANDLOCK_ACCESS_NET_BIND_TCP}
		set, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)),
			unsafe.Sizeof(rules.Handled_access_fs)*2, 0)
		if errno != 0 {
			return result(errno)
		}
		must(unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0); errno != 0 {
			return result(errno)
		}
		return "ok"
	case "unlink": // PATH
		return result(unix.Unlink(name))
	case "unlinkat":
		return result(unix.Unlinkat(unix.AT_FDCWD, name, 0))
	case "umask":
		n, err := strconv.ParseInt(name, 8, 32)
		must(err)
		unix.Umask(int(n))
		return "ok"
	case "chdir":
		return result(unix.Chdir(name))
	case "connect": // PATH
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(err)
		defer unix.Close(fd)
		return result(unix.Connect(fd, &unix.SockaddrUnix{Name: name}))
	case "close":
		return result(unix.Close(fd))
	case "serve": // NAME LABEL: from now on
		go serve(fd, args[0])
		return "ok"
	}
	return "no such order"
}

// serve answers each client with the label.
func serve(fd int, label string) {
	for {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, _ = unix.Poll(poll, -1)
		conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		switch {
		case err == nil:
			go func() {
				_, _ = unix.Write(conn, []byte(label+"\n"))
				_ = unix.Shutdown(conn, unix.SHUT_WR)
				_, _ = unix.Read(conn, make([]byte, 100)) // what it had written, else it would be reset
				_ = unix.Close(conn)
			}()
		case errors.Is(err, unix.EBADF), errors.Is(err, unix.EINVAL):
			return
		}
	}
}

func result(err error) string {
	var errno unix.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &errno):
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// address reads "IP:PORT"; what is no such address is a unix socket's path.
func address(s string) unix.Sockaddr {
	a, err := netip.ParseAddrPort(s)
	switch {
	case err != nil:
		return &unix.SockaddrUnix{Name: s}
	case a.Addr().Is4():
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	scope, _ := strconv.Atoi(a.Addr().Zone())
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: uint32(scope)}
}

func text(sa unix.Sockaddr) string {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)).String()
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)).String()
	case *unix.SockaddrUnix:
		return sa.Name
	}
	return "?"
}
