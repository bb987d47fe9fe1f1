package intercept

import (
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// abi has what differs between architectures: the audit number (linux/audit.h) and the numbers of system
// calls (asm/unistd_64.h, asm-generic/unistd.h).
type abi struct {
	arch                 uint32
	socket, bind, listen uint32
	connect, setsockopt  uint32
	writes               map[string]uint32 // those of writings that the architecture has
}

var abis = map[string]abi{
	"amd64": {arch: 0xc000003e, socket: 41, bind: 49, listen: 50, connect: 42, setsockopt: 54, writes: map[string]uint32{
		"open": 2, "truncate": 76, "rename": 82, "creat": 85, "link": 86, "unlink": 87, "symlink": 88, "openat": 257,
		"unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266, "renameat2": 316, "openat2": 437,
	}},
	"arm64": {arch: 0xc00000b7, socket: 198, bind: 200, listen: 201, connect: 203, setsockopt: 208,
		writes: map[string]uint32{
			"unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "truncate": 45, "openat": 56,
			"renameat2": 276, "openat2": 437,
		}},
}

// writing is a system call that changes or removes a file. A call that names two files has two adjacent entries.
type writing struct {
	name             string
	dir, path, flags int // the numbers of the arguments that have the folder, the path and the flags of open(2)
}

var writings = []writing{
	{"open", none, 0, 1},
	{"creat", none, 0, none},
	{"truncate", none, 0, none},
	{"rename", none, 1, none},
	{"rename", none, 0, none},
	{"link", none, 1, none},
	{"unlink", none, 0, none},
	{"symlink", none, 1, none},
	{"openat", 0, 1, 2},
	{"unlinkat", 0, 1, none},
	{"renameat", 2, 3, none},
	{"renameat", 0, 1, none},
	{"linkat", 2, 3, none},
	{"symlinkat", 1, 2, none},
	{"renameat2", 2, 3, none},
	{"renameat2", 0, 1, none},
	{"openat2", 0, 1, none},
}

// is reports whether the number is that of the call here.
func (w writing) is(nr int32) bool {
	here, has := abis[runtime.GOARCH].writes[w.name]
	return has && int32(here) == nr
}

const none = -1 // no such argument

// Offsets in struct seccomp_data (linux/seccomp.h). An argument's low word comes first, because both
// architectures are little-endian.
const (
	offNr     = 0
	offArch   = 4
	offArgs   = 16 // eight bytes each
	offFirst  = offArgs
	offSecond = offArgs + 8
	offThird  = offArgs + 2*8
)

// refused is the answer to an MPTCP socket.
const refused = unix.SECCOMP_RET_ERRNO | uint32(unix.EPROTONOSUPPORT)

// get loads a word of struct seccomp_data.
func get(off uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: off}
}

// is compares the word, and skips so many instructions.
func is(value uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: value}
}

// answer ends the program.
func answer(verdict uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: verdict}
}

// Calls says which system calls a filter notifies hotswap of.
type Calls uint8

// The calls.
const (
	// bind and listen, and unlink and unlinkat, which a program may do to a unix socket's path
	Sockets  Calls = 1 << iota
	Connects       // connect to a unix address
	Options        // setsockopt of IPV6_V6ONLY and SO_REUSEPORT, where a socket cannot be asked for them
	Writing        // those by which files are written
	Reading        // and opened in any way
	Leading        // bind, and connect to what may be an address of IP: the addresses may be changed
)

// Filter returns the encoded seccomp program for an architecture (a GOARCH).
//
// With Sockets the program refuses MPTCP sockets, because such a listener cannot be steered
// (SO_ATTACH_REUSEPORT_CBPF: EOPNOTSUPP) and Go opens one by default since 1.24; programs fall back to TCP by
// themselves. System calls of another ABI than the native one pass: x32 has other numbers.
func Filter(goarch string, calls Calls) ([]byte, error) {
	a, ok := abis[goarch]
	if !ok {
		return nil, fmt.Errorf("no seccomp filter for %s: %w", goarch, ErrUnsupported)
	}
	return seccomp.Encode(a.program(calls)), nil
}

func (a abi) program(calls Calls) []unix.SockFilter {
	allow, notify := answer(unix.SECCOMP_RET_ALLOW), answer(unix.SECCOMP_RET_USER_NOTIF)
	prog := []unix.SockFilter{get(offArch), is(a.arch, 1, 0), allow, get(offNr)}
	on := func(nr uint32, then ...unix.SockFilter) {
		// else → the next call
		prog = append(append(prog, is(nr, 0, uint8(len(then)))), then...)
	}
	for i, w := range writings {
		nr, has := a.writes[w.name]
		switch {
		case !has, i > 0 && writings[i-1].name == w.name, calls&Writing == 0 && (calls&Sockets == 0 ||
			!strings.HasPrefix(w.name, "unlink")):
		case w.name == "unlinkat": // relative to a folder's descriptor is how trees are removed
			on(nr, get(offFirst), is(unix.AT_FDCWD&0xffffffff, 0, 1), notify, allow)
		case w.flags == none, calls&Reading != 0:
			on(nr, notify)
		default:
			writes := unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: unix.O_ACCMODE}
			on(nr, get(uint32(offArgs+8*w.flags)), writes, notify, allow)
		}
	}
	path, ip := allow, allow
	if calls&Connects != 0 {
		path = notify
	}
	if calls&Leading != 0 {
		ip = notify
	}
	if path != ip {
		// The sizes of TCP's addresses, and of any address, are no unix address's; nearly no path is that long.
		on(a.connect,
			get(offThird),
			is(unix.SizeofSockaddrInet4, 3, 0), // → ip
			is(unix.SizeofSockaddrInet6, 2, 0), // → ip
			is(maxSockaddr, 1, 0),              // → ip
			path, ip)
	} else if path == notify {
		on(a.connect, notify)
	}
	if calls&(Sockets|Leading) != 0 {
		on(a.bind, notify)
	}
	if calls&Sockets == 0 {
		return append(prog, allow)
	}
	if calls&Options != 0 {
		on(a.setsockopt,
			get(offSecond),
			is(unix.SOL_SOCKET, 0, 2), // else → IPv6
			get(offThird),
			is(unix.SO_REUSEPORT, 3, 4), // → notify, else → allow
			is(unix.IPPROTO_IPV6, 0, 3), // else → allow
			get(offThird),
			is(unix.IPV6_V6ONLY, 0, 1), // else → allow
			notify, allow)
	}
	on(a.listen, notify)
	on(a.socket,
		get(offFirst),
		is(inet, 1, 0),
		is(inet6, 0, 2), // else → allow
		get(offThird),
		is(unix.IPPROTO_MPTCP, 1, 0), // → refuse
		allow,
		answer(refused))
	return append(prog, allow)
}
