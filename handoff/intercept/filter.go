package intercept

import (
	"encoding/binary"
	"fmt"
)

// abi is what differs between architectures: the audit number of the
// architecture (linux/audit.h) and the system calls' numbers
// (asm/unistd_64.h, asm-generic/unistd.h).
type abi struct {
	arch                 uint32
	socket, bind, listen uint32
	x32                  bool // numbers from 0x40000000 are another ABI
	writes               []writing
}

var abis = map[string]abi{
	"amd64": {arch: 0xc000003e, socket: 41, bind: 49, listen: 50, x32: true, writes: []writing{
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
	"arm64": {arch: 0xc00000b7, socket: 198, bind: 200, listen: 201, writes: []writing{
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

// writing is a system call by which a file gets another content, or goes: where its
// arguments have the directory and the path, and the flags by which it is known
// that the file is opened for writing. One that names two files is there twice, the
// one behind the other.
type writing struct {
	name             string
	nr               uint32
	dir, path, flags int
}

const (
	none    = -1 // no such argument
	accMode = 3  // O_WRONLY | O_RDWR, open(2)
)

// Offsets in struct seccomp_data (linux/seccomp.h); of an argument the low
// word, both architectures being little-endian.
const (
	offNr     = 0
	offArch   = 4
	offArgs   = 16 // eight bytes each
	offDomain = offArgs
	offProto  = offArgs + 2*8
)

// Opcodes (linux/bpf_common.h) and results (linux/seccomp.h).
const (
	ldAbsW = 0x20
	jeqK   = 0x15
	jgeK   = 0x35
	jsetK  = 0x45
	retK   = 0x06

	retAllow  = 0x7fff0000
	retNotify = 0x7fc00000
	retErrno  = 0x00050000

	protoNotSupported = 93 // EPROTONOSUPPORT
	protoMPTCP        = 262
	inet, inet6       = 2, 10
)

type instr struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

// Filter is the seccomp program for an architecture (as GOARCH names it), as
// an array of struct sock_filter in the machine's byte order.
//
// bind and listen are notified. An MPTCP socket is refused, because such a
// listener cannot be steered (SO_ATTACH_REUSEPORT_CBPF: EOPNOTSUPP) and Go
// opens one by default since 1.24; programs fall back to TCP by themselves.
// System calls of another ABI than the process's native one pass.
func Filter(goarch string) ([]byte, error) { return filter(goarch, false) }

// wideFilter is Filter, which also notifies of the calls by which files are written.
func wideFilter(goarch string) ([]byte, error) { return filter(goarch, true) }

func filter(goarch string, writes bool) ([]byte, error) {
	a, ok := abis[goarch]
	if !ok {
		return nil, fmt.Errorf("no seccomp filter for %s: %w", goarch, ErrUnsupported)
	}
	var out []byte
	for _, i := range a.program(writes) {
		out = binary.NativeEndian.AppendUint16(out, i.code)
		out = append(out, i.jt, i.jf)
		out = binary.NativeEndian.AppendUint32(out, i.k)
	}
	return out, nil
}

func (a abi) program(writes bool) []instr {
	prog := []instr{
		{ldAbsW, 0, 0, offArch},
		{jeqK, 1, 0, a.arch},
		{retK, 0, 0, retAllow},
		{ldAbsW, 0, 0, offNr},
	}
	if a.x32 {
		prog = append(prog,
			instr{jgeK, 0, 1, 0x40000000},
			instr{retK, 0, 0, retAllow})
	}
	for i, w := range a.writes {
		switch {
		case !writes, i > 0 && a.writes[i-1].nr == w.nr:
		case w.flags == none:
			prog = append(prog,
				instr{jeqK, 0, 1, w.nr}, // else → the next
				instr{retK, 0, 0, retNotify})
		default:
			prog = append(prog,
				instr{jeqK, 0, 4, w.nr}, // else → the next
				instr{ldAbsW, 0, 0, uint32(offArgs + 8*w.flags)},
				instr{jsetK, 0, 1, accMode}, // else → allow
				instr{retK, 0, 0, retNotify},
				instr{retK, 0, 0, retAllow})
		}
	}
	return append(prog,
		instr{jeqK, 9, 0, a.bind},   // → notify
		instr{jeqK, 8, 0, a.listen}, // → notify
		instr{jeqK, 0, 5, a.socket}, // else → allow
		instr{ldAbsW, 0, 0, offDomain},
		instr{jeqK, 1, 0, inet},
		instr{jeqK, 0, 2, inet6}, // else → allow
		instr{ldAbsW, 0, 0, offProto},
		instr{jeqK, 1, 0, protoMPTCP}, // → refuse
		instr{retK, 0, 0, retAllow},
		instr{retK, 0, 0, retErrno | protoNotSupported},
		instr{retK, 0, 0, retNotify},
	)
}
