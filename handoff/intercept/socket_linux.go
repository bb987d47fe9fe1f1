package intercept

import (
	"golang.org/x/sys/unix"
)

// socket is what hotswap knows of a socket that is being bound.
type socket struct {
	protocol  string // "tcp", "udp" or another one
	device    string
	v6only    bool
	reuseport bool // set by the program itself
	reuseaddr bool
	user      uint32
}

// describe reads the options of a duplicate of the program's socket.
func describe(fd int) socket {
	get := func(level, opt int) int {
		n, _ := unix.GetsockoptInt(fd, level, opt) // 0 where the socket has no such option
		return n
	}
	var st unix.Stat_t
	_ = unix.Fstat(fd, &st)
	s := socket{
		user: st.Uid,
		protocol: map[int]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[get(unix.SOL_SOCKET,
			unix.SO_PROTOCOL)],
		reuseport: get(unix.SOL_SOCKET, unix.SO_REUSEPORT) == 1,
		reuseaddr: get(unix.SOL_SOCKET, unix.SO_REUSEADDR) == 1,
		v6only:    get(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) == 1,
	}
	s.device, _ = unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
	return s
}

// inheritedOptions are options that a program commonly sets between socket(2) and bind(2) and that accepted
// connections inherit, or that count for UDP. A gate that replaces the program's socket gets them too.
var inheritedOptions = []struct{ level, option int }{
	{unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	{unix.IPPROTO_TCP, unix.TCP_NODELAY},
	{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT},
	{unix.IPPROTO_TCP, unix.TCP_FASTOPEN},
	{unix.SOL_SOCKET, unix.SO_BROADCAST},
	{unix.IPPROTO_IP, unix.IP_PKTINFO},
	{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO},
}

// copyOptions copies to the gate the options of the program's socket from, which -1 has none of, and sets the
// blocking mode, on which the program's accept(2) relies.
func copyOptions(gate, from int, nonblock bool) {
	for _, c := range inheritedOptions {
		want, err := unix.GetsockoptInt(from, c.level, c.option)
		if have, err2 := unix.GetsockoptInt(gate, c.level, c.option); err == nil && err2 == nil && have != want {
			_ = unix.SetsockoptInt(gate, c.level, c.option, want)
		}
	}
	_ = unix.SetNonblock(gate, nonblock)
}
