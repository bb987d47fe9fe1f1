package intercept

import (
	"fmt"
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
	writes               []writing
}

var abis = map[string]abi{
	"amd64": {arch: 0xc000003e, socket: 41, bind: 49, listen: 50, connect: 42, setsockopt: 54, writes: []writing{
		{name: "open", nr: 2, dir: none, path: 0, flags: 1},
		{name: "creat", nr: 85, dir: none, path: 0, flags: none},
		{name: "truncate", nr: 76, dir: none, path: 0, flags: none},
		{name: "rename", nr: 82, dir: none, path: 1, flags: none},
		{name: "rename", nr: 82, dir: none, path: 0, flags: none},
		{name: "link", nr: 86, dir: none, path: 1, flags: none},
		{name: "unlink", nr: 87, dir: none, path: 0, flags: none},
		{name: "symlink", nr: 88, dir: none, path: 1, flags: none},
		{name: "openat", nr: 257, dir: 0, path: 1, flags: 2},
		{name: "unlinkat", nr: 263, dir: 0, path: 1, flags: none},
		{name: "renameat", nr: 264, dir: 2, path: 3, flags: none},
		{name: "renameat", nr: 264, dir: 0, path: 1, flags: none},
		{name: "linkat", nr: 265, dir: 2, path: 3, flags: none},
		{name: "symlinkat", nr: 266, dir: 1, path: 2, flags: none},
		{name: "renameat2", nr: 316, dir: 2, path: 3, flags: none},
		{name: "renameat2", nr: 316, dir: 0, path: 1, flags: none},
		{name: "openat2", nr: 437, dir: 0, path: 1, flags: none},
	}},
	"arm64": {arch: 0xc00000b7, socket: 198, bind: 200, listen: 201, connect: 203, setsockopt: 208, writes: []writing{
		{name: "openat", nr: 56, dir: 0, path: 1, flags: 2},
		{name: "unlinkat", nr: 35, dir: 0, path: 1, flags: none},
		{name: "symlinkat", nr: 36, dir: 1, path: 2, flags: none},
		{name: "linkat", nr: 37, dir: 2, path: 3, flags: none},
		{name: "renameat", nr: 38, dir: 2, path: 3, flags: none},
		{name: "renameat", nr: 38, dir: 0, path: 1, flags: none},
		{name: "truncate", nr: 45, dir: none, path: 0, flags: none},
		{name: "renameat2", nr: 276, dir: 2, path: 3, flags: none},
		{name: "renameat2", nr: 276, dir: 0, path: 1, flags: none},
		{name: "openat2", nr: 437, dir: 0, path: 1, flags: none},
	}},
}

// writing is a system call that changes or removes a file. Its fields are the numbers of the arguments that
// have the directory, the path and the open flags. A call that names two files has two adjacent entries.
type writing struct {
	name             string
	nr               uint32
	dir, path, flags int
}

const none = -1 // no such argument

// Offsets in struct seccomp_data (linux/seccomp.h). An argument's low word comes first, because both
// architectures are little-endian.
const (
	offNr     = 0
	offArch   = 4
	offArgs   = 16 // eight bytes each
	offDomain = offArgs
	offLevel  = offArgs + 8
	offOption = offArgs + 2*8
	offSize   = offArgs + 2*8
	offProto  = offArgs + 2*8
)

// Opcodes of classic BPF (linux/bpf_common.h).
const (
	load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	anyOf = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	ret   = unix.BPF_RET | unix.BPF_K
)

// refused is the answer to an MPTCP socket.
const refused = unix.SECCOMP_RET_ERRNO | uint32(unix.EPROTONOSUPPORT)

// Calls says which system calls a filter notifies hotswap of.
type Calls uint8

// The calls.
const (
	Sockets  Calls = 1 << iota // bind and listen, and unlink and unlinkat, which a program may do to a unix socket's path
	Connects                   // connect to a unix address
	Options                    // setsockopt of IPV6_V6ONLY and SO_REUSEPORT, where a socket cannot be asked for them
	Writing                    // those by which files are written
	Reading                    // and opened in any way
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
	prog := []unix.SockFilter{
		{Code: load, K: offArch},
		{Code: equal, Jt: 1, K: a.arch},
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: load, K: offNr},
	}
	for i, w := range a.writes {
		switch {
		case i > 0 && a.writes[i-1].nr == w.nr, calls&Writing == 0 && !strings.HasPrefix(w.name, "unlink"):
		case w.name == "unlinkat": // relative to a folder's descriptor is how trees are removed
			prog = append(prog,
				unix.SockFilter{Code: equal, Jf: 4, K: w.nr}, // else → the next call
				unix.SockFilter{Code: load, K: offArgs},
				unix.SockFilter{Code: equal, Jf: 1, K: uint32(unix.AT_FDCWD & 0xffffffff)}, // else → allow
				unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
				unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
		case w.flags == none, calls&Reading != 0:
			prog = append(prog,
				unix.SockFilter{Code: equal, Jf: 1, K: w.nr}, // else → the next call
				unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF})
		default:
			prog = append(prog,
				unix.SockFilter{Code: equal, Jf: 4, K: w.nr}, // else → the next call
				unix.SockFilter{Code: load, K: uint32(offArgs + 8*w.flags)},
				unix.SockFilter{Code: anyOf, Jf: 1, K: unix.O_ACCMODE}, // else → allow
				unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
				unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
		}
	}
	if calls&Sockets == 0 {
		return append(prog, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
	}
	if calls&Connects != 0 {
		// The sizes of TCP's addresses, and of any address, are no unix address's; nearly no path is that long.
		prog = append(prog, []unix.SockFilter{
			{Code: equal, Jf: 6, K: a.connect}, // else → the next call
			{Code: load, K: offSize},
			{Code: equal, Jt: 3, K: unix.SizeofSockaddrInet4}, // → allow
			{Code: equal, Jt: 2, K: unix.SizeofSockaddrInet6}, // → allow
			{Code: equal, Jt: 1, K: maxSockaddr},              // → allow
			{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
			{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		}...)
	}
	if calls&Options != 0 {
		prog = append(prog, []unix.SockFilter{
			{Code: equal, Jf: 9, K: a.setsockopt}, // else → the next call
			{Code: load, K: offLevel},
			{Code: equal, Jf: 2, K: unix.SOL_SOCKET}, // else → IPv6
			{Code: load, K: offOption},
			{Code: equal, Jt: 3, Jf: 4, K: unix.SO_REUSEPORT}, // → notify, else → allow
			{Code: equal, Jf: 3, K: unix.IPPROTO_IPV6},        // else → allow
			{Code: load, K: offOption},
			{Code: equal, Jf: 1, K: unix.IPV6_V6ONLY}, // else → allow
			{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
			{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		}...)
	}
	return append(prog, []unix.SockFilter{
		{Code: equal, Jt: 9, K: a.bind},   // → notify
		{Code: equal, Jt: 8, K: a.listen}, // → notify
		{Code: equal, Jf: 5, K: a.socket}, // else → allow
		{Code: load, K: offDomain},
		{Code: equal, Jt: 1, K: inet},
		{Code: equal, Jf: 2, K: inet6}, // else → allow
		{Code: load, K: offProto},
		{Code: equal, Jt: 1, K: unix.IPPROTO_MPTCP}, // → refuse
		{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		{Code: ret, K: refused},
		{Code: ret, K: unix.SECCOMP_RET_USER_NOTIF},
	}...)
}
