package intercept

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// verdict runs a filter over a system call as the kernel would. The machine of
// x/net/bpf reads words in network order, so the data is laid out so.
func verdict(t *testing.T, filter []byte, arch, nr uint32, args ...uint64) uint32 {
	t.Helper()
	var prog []bpf.Instruction
	for b := filter; len(b) > 0; b = b[8:] {
		raw := bpf.RawInstruction{Op: binary.NativeEndian.Uint16(b), Jt: b[2], Jf: b[3],
			K: binary.NativeEndian.Uint32(b[4:])}
		prog = append(prog, raw.Disassemble())
	}
	vm := testkit.Must(bpf.NewVM(prog))(t)
	data := make([]byte, 64)
	binary.BigEndian.PutUint32(data[0:], nr)
	binary.BigEndian.PutUint32(data[4:], arch)
	for i, a := range args { // little-endian words, each in network order
		binary.BigEndian.PutUint32(data[16+8*i:], uint32(a))
		binary.BigEndian.PutUint32(data[20+8*i:], uint32(a>>32))
	}
	n := testkit.Must(vm.Run(data))(t)
	return uint32(n)
}

func TestFilter(t *testing.T) {
	const (
		x86, arm      = 0xc000003e, 0xc00000b7
		i386          = 0x40000003
		stream, dgram = 1, 2
	)
	for name, c := range map[string]struct {
		goarch   string
		arch, nr uint32
		args     []uint64
		want     uint32
		calls    Calls
	}{
		"amd64 bind":        {"amd64", x86, 49, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets},
		"amd64 listen":      {"amd64", x86, 50, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets},
		"amd64 read":        {"amd64", x86, 0, nil, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 execve":      {"amd64", x86, 59, nil, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 tcp":         {"amd64", x86, 41, []uint64{inet, stream, 6}, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 tcp default": {"amd64", x86, 41, []uint64{inet, stream, 0}, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 unix":        {"amd64", x86, 41, []uint64{1, stream, 0}, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 mptcp":       {"amd64", x86, 41, []uint64{inet, stream, unix.IPPROTO_MPTCP}, refused, Sockets},
		"amd64 mptcp6": {"amd64", x86, 41, []uint64{inet6, stream | 0o4000, unix.IPPROTO_MPTCP}, refused,
			Sockets},
		"amd64 netlink 262": {"amd64", x86, 41, []uint64{16, 3, unix.IPPROTO_MPTCP}, unix.SECCOMP_RET_ALLOW,
			Sockets},
		"amd64 x32 bind":     {"amd64", x86, 0x40000000 + 49, nil, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 runs i386":    {"amd64", i386, 49, nil, unix.SECCOMP_RET_ALLOW, Sockets},
		"arm64 bind":         {"arm64", arm, 200, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets},
		"arm64 listen":       {"arm64", arm, 201, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets | Options},
		"arm64 mptcp":        {"arm64", arm, 198, []uint64{inet, stream, unix.IPPROTO_MPTCP}, refused, Sockets},
		"arm64 udp":          {"arm64", arm, 198, []uint64{inet, dgram, 17}, unix.SECCOMP_RET_ALLOW, Sockets},
		"arm64 accept":       {"arm64", arm, 202, nil, unix.SECCOMP_RET_ALLOW, Sockets},
		"arm64 amd64 number": {"arm64", arm, 49, nil, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 open to read": {"amd64", x86, 2, []uint64{0, 0o2000000}, unix.SECCOMP_RET_ALLOW, Sockets | Writing},
		"amd64 open, all wanted": {"amd64", x86, 257, []uint64{0, 0, 0}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Writing | Reading},
		"amd64 open to write": {"amd64", x86, 2, []uint64{0, 0o1101}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Writing},
		"amd64 openat to read": {"amd64", x86, 257, []uint64{0, 0o2, 0o2000000}, unix.SECCOMP_RET_ALLOW,
			Sockets | Writing},
		"amd64 openat to write": {"amd64", x86, 257, []uint64{0, 0, 0o2}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Writing},
		"amd64 openat, unwatched": {"amd64", x86, 257, []uint64{0, 0, 0o2}, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 unlink":            {"amd64", x86, 87, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets},
		"amd64 unlinkat": {"amd64", x86, 263, []uint64{unix.AT_FDCWD & 0xffffffff},
			unix.SECCOMP_RET_USER_NOTIF, Writing},
		"amd64 unlinkat of trees": {"amd64", x86, 263, []uint64{4}, unix.SECCOMP_RET_ALLOW, Sockets | Writing},
		"amd64 only IPv6": {"amd64", x86, 54, []uint64{3, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
			unix.SECCOMP_RET_USER_NOTIF, Sockets | Options},
		"amd64 nodelay": {"amd64", x86, 54, []uint64{3, unix.IPPROTO_TCP, unix.TCP_NODELAY},
			unix.SECCOMP_RET_ALLOW, Sockets | Options},
		"amd64 keepalive": {"amd64", x86, 54, []uint64{3, unix.SOL_SOCKET, unix.SO_KEEPALIVE},
			unix.SECCOMP_RET_ALLOW, Sockets | Options},
		"arm64 reuseport": {"arm64", arm, 208, []uint64{3, unix.SOL_SOCKET, unix.SO_REUSEPORT},
			unix.SECCOMP_RET_USER_NOTIF, Sockets | Options},
		"arm64 reuseport, asked": {"arm64", arm, 208, []uint64{3, unix.SOL_SOCKET, unix.SO_REUSEPORT},
			unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 rename":         {"amd64", x86, 82, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets | Writing},
		"arm64 openat to read": {"arm64", arm, 56, []uint64{0, 0o2, 0}, unix.SECCOMP_RET_ALLOW, Sockets | Writing},
		"arm64 openat to write": {"arm64", arm, 56, []uint64{0, 0, 0o1}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Writing},
		"arm64 renameat2":       {"arm64", arm, 276, nil, unix.SECCOMP_RET_USER_NOTIF, Sockets | Writing},
		"amd64 bind of a build": {"amd64", x86, 49, nil, unix.SECCOMP_RET_ALLOW, Writing},
		"amd64 mptcp of a build": {"amd64", x86, 41, []uint64{inet, stream, unix.IPPROTO_MPTCP},
			unix.SECCOMP_RET_ALLOW, Writing},
		"amd64 a build's rename": {"amd64", x86, 82, nil, unix.SECCOMP_RET_USER_NOTIF, Writing},
		"amd64 connect to IPv4": {"amd64", x86, 42, []uint64{3, 0, 16}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Leading},
		"amd64 connect to IPv6":   {"amd64", x86, 42, []uint64{3, 0, 28}, unix.SECCOMP_RET_USER_NOTIF, Leading},
		"amd64 connect to a path": {"amd64", x86, 42, []uint64{3, 0, 40}, unix.SECCOMP_RET_ALLOW, Sockets | Leading},
		"arm64 connect to both": {"arm64", arm, 203, []uint64{3, 0, 40}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Leading | Connects},
		"arm64 connect to path": {"arm64", arm, 203, []uint64{3, 0, 40}, unix.SECCOMP_RET_USER_NOTIF,
			Sockets | Connects},
		"arm64 connect, paths":    {"arm64", arm, 203, []uint64{3, 0, 16}, unix.SECCOMP_RET_ALLOW, Sockets | Connects},
		"arm64 connect, neither":  {"arm64", arm, 203, []uint64{3, 0, 16}, unix.SECCOMP_RET_ALLOW, Sockets},
		"amd64 led build's bind":  {"amd64", x86, 49, nil, unix.SECCOMP_RET_USER_NOTIF, Leading},
		"amd64 led build's rm":    {"amd64", x86, 87, nil, unix.SECCOMP_RET_ALLOW, Leading},
		"arm64 a build's openat2": {"arm64", arm, 437, nil, unix.SECCOMP_RET_USER_NOTIF, Writing},
	} {
		filter := testkit.Must(Filter(c.goarch, c.calls))(t)
		if got := verdict(t, filter, c.arch, c.nr, c.args...); got != c.want {
			t.Errorf("%s: %#x, want %#x", name, got, c.want)
		}
	}
	if _, err := Filter("mips", Sockets); !errors.Is(err, ErrUnsupported) {
		t.Errorf("an unknown architecture: %v", err)
	}
}
