//go:build unix

package child

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { helpers["listen"] = helperListen }

// helperListen listens at each address of its arguments (NETWORK,ADDRESS), says what it got and what is left,
// and whether a process that it starts would inherit anything.
func helperListen() int {
	for _, arg := range os.Args[1:] {
		network, address, _ := strings.Cut(arg, ",")
		var at net.Addr
		var conn syscall.Conn
		var err error
		if strings.HasPrefix(network, "udp") {
			var c net.PacketConn
			if c, err = ListenPacket(network, address); err == nil {
				at, conn = c.LocalAddr(), c.(syscall.Conn)
			}
		} else {
			var l net.Listener
			if l, err = Listen(network, address); err == nil {
				at, conn = l.Addr(), l.(syscall.Conn)
			}
		}
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		raw, _ := conn.SyscallConn()
		inode, flags := uint64(0), 0
		_ = raw.Control(func(fd uintptr) {
			inode = inodeOf(int(fd))
			flags, _ = unix.FcntlInt(fd, unix.F_GETFL, 0)
		})
		fmt.Println(at, inode, flags&unix.O_NONBLOCK != 0)
	}
	for _, s := range Inherited() {
		fmt.Println("left:", s.Addr.Network(), s.Addr, s.Name)
		if err := s.Close(); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println("left:", len(Inherited()))
	open := 0
	for fd := 3; fd < 3+4; fd++ { // behind them is what the test itself was given
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			open++
		}
	}
	fmt.Println("a child inherits:", open, os.Getenv("LISTEN_FDS")+os.Getenv("EINHORN_FD_0")+os.Getenv("SERVER_STARTER_PORT"))
	return 0
}

func inodeOf(fd int) uint64 {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0
	}
	return st.Ino
}

// given is a socket that a test passes on.
type given struct {
	f     *os.File
	inode uint64
	addr  net.Addr
}

func give(t *testing.T, network, address string) given {
	t.Helper()
	var c syscall.Conn
	var addr net.Addr
	if strings.HasPrefix(network, "udp") {
		u, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		c, addr = u.(syscall.Conn), u.LocalAddr()
	} else {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		c, addr = l.(syscall.Conn), l.Addr()
	}
	f, err := c.(interface{ File() (*os.File, error) }).File() // a duplicate
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	raw, _ := f.SyscallConn()
	g := given{f: f, addr: addr}
	_ = raw.Control(func(fd uintptr) { g.inode = inodeOf(int(fd)) })
	return g
}

// listens runs the helper with those sockets from descriptor 3 on, as systemd, einhorn or Server::Starter
// would.
func listens(t *testing.T, env []string, sockets []given, addresses ...string) []string {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-c", `[ -z "$LISTEN_FDS" ] || [ -n "$LISTEN_PID" ] || export LISTEN_PID=$$; exec "$0" "$@"`, os.Args[0]}, addresses...)...)
	cmd.Env = append(append(os.Environ(), helperVariable+"=listen"), env...)
	for _, g := range sockets {
		cmd.ExtraFiles = append(cmd.ExtraFiles, g.f)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func (g given) line() string { return fmt.Sprintln(g.addr, g.inode, true) }

// at reports whether a line of the helper is about a socket at this address. The line has an inode, too, in
// which the digits of the port may be found.
func (g given) at(line string) bool { return strings.HasPrefix(line, g.addr.String()+" ") }

func (g given) port() string {
	_, port, _ := net.SplitHostPort(g.addr.String())
	return port
}

func TestListenInherits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	four, all, udp, un := give(t, "tcp4", "127.0.0.1:0"), give(t, "tcp", ":0"), give(t, "udp4", "127.0.0.1:0"), give(t, "unix", path)
	sockets := []given{four, all, udp, un}
	asked := []string{"tcp,:" + four.port(), "tcp,:" + all.port(), "udp,127.0.0.1:" + udp.port(), "unix," + path}
	var ports []string
	for i, g := range sockets {
		ports = append(ports, fmt.Sprintf("%s=%d", g.addr, 3+i))
	}
	for name, env := range map[string][]string{
		"LISTEN_FDS": {"LISTEN_FDS=4", "LISTEN_FDNAMES=a:b:c:d"},
		"einhorn":    {"EINHORN_FD_COUNT=4", "EINHORN_FD_0=3", "EINHORN_FD_1=4", "EINHORN_FD_2=5", "EINHORN_FD_3=6"},
		"starter":    {"SERVER_STARTER_PORT=" + strings.Join(ports, ";")},
		"all":        {"LISTEN_FDS=4", "EINHORN_FD_COUNT=2", "EINHORN_FD_0=3", "EINHORN_FD_1=4", "SERVER_STARTER_PORT=" + ports[0]},
	} {
		t.Run(name, func(t *testing.T) {
			lines := listens(t, env, sockets, asked...)
			for i, g := range sockets {
				if lines[i]+"\n" != g.line() {
					t.Errorf("%s: %q, want %q", asked[i], lines[i], g.line())
				}
			}
			if rest := lines[4:]; strings.Join(rest, "\n") != "left: 0\na child inherits: 0" {
				t.Errorf("%q", rest)
			}
		})
	}
}

// Each socket is given once, unknown ones stay, and the error for an address that is taken names them.
func TestListenInheritsOnce(t *testing.T) {
	a, b := give(t, "tcp4", "127.0.0.1:0"), give(t, "tcp4", "127.0.0.1:0")
	lines := listens(t, []string{"LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin"}, []given{a, b},
		"tcp4,"+a.addr.String(), "tcp4,"+a.addr.String(), "tcp4,127.0.0.1:0")
	if lines[0]+"\n" != a.line() {
		t.Errorf("%q", lines[0])
	}
	if !strings.Contains(lines[1], syscall.EADDRINUSE.Error()) || !strings.Contains(lines[1], b.addr.String()) {
		t.Errorf("%q", lines[1])
	}
	if !strings.HasPrefix(lines[2], "127.0.0.1:") || b.at(lines[2]) {
		t.Errorf("a free port: %q", lines[2])
	}
	if want := "left: tcp " + b.addr.String() + " admin"; lines[3] != want || lines[4] != "left: 0" {
		t.Errorf("%q, want %q", lines[3:], want)
	}
}

// What was not passed to this process is not taken, whatever the environment says.
func TestListenInheritsNothing(t *testing.T) {
	a := give(t, "tcp4", "127.0.0.1:0")
	for name, env := range map[string][]string{
		"another process":   {"LISTEN_FDS=1", "LISTEN_PID=1"},
		"no socket there":   {"LISTEN_FDS=9", "EINHORN_FD_COUNT=1", "EINHORN_FD_0=77", "SERVER_STARTER_PORT=a=b;c"},
		"what it opened":    {"EINHORN_FD_COUNT=6", "EINHORN_FD_0=4", "EINHORN_FD_1=5", "EINHORN_FD_2=6", "EINHORN_FD_3=7", "EINHORN_FD_4=8", "EINHORN_FD_5=9"},
		"numbers that lie":  {"LISTEN_FDS=99999999999999999999", "EINHORN_FD_COUNT=-5"},
		"standard streams":  {"EINHORN_FD_COUNT=1", "EINHORN_FD_0=1"},
		"nothing was given": nil,
	} {
		t.Run(name, func(t *testing.T) {
			passed := []given{a}
			if name == "no socket there" || name == "what it opened" {
				passed = nil
			}
			lines := listens(t, env, passed, "tcp4,127.0.0.1:0")
			if !strings.HasPrefix(lines[0], "127.0.0.1:") || a.at(lines[0]) || lines[1] != "left: 0" {
				t.Errorf("%q", lines)
			}
		})
	}
}

func TestExactness(t *testing.T) {
	tcp := func(at string) *Socket {
		addr, err := net.ResolveTCPAddr("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		return &Socket{Addr: addr, stream: true}
	}
	for _, c := range []struct {
		network, address, socket string
		want                     int
	}{
		{"tcp", ":4000", "[::]:4000", 3},
		{"tcp", ":4000", "0.0.0.0:4000", 2},
		{"tcp", ":4000", "127.0.0.1:4000", 1},
		{"tcp", ":4000", "0.0.0.0:4001", 0},
		{"tcp4", ":4000", "[::]:4000", 0},
		{"tcp6", ":4000", "0.0.0.0:4000", 0},
		{"tcp", "127.0.0.1:4000", "127.0.0.1:4000", 3},
		{"tcp", "localhost:4000", "127.0.0.1:4000", 3},
		{"tcp", "127.0.0.1:4000", "0.0.0.0:4000", 0}, // more clients than were asked for
		{"tcp", "0.0.0.0:4000", "127.0.0.1:4000", 0},
		{"tcp", "[::1]:4000", "[::1]:4000", 3},
		{"tcp", ":http", "0.0.0.0:80", 2},
	} {
		w, err := parse(c.network, c.address, true)
		if err != nil {
			t.Error(c, err)
			continue
		}
		if n := w.exactness(tcp(c.socket)); n != c.want {
			t.Errorf("%+v: %d", c, n)
		}
		if n := w.exactness(&Socket{Addr: &net.UnixAddr{Name: c.address, Net: "unix"}, stream: true}); n != 0 {
			t.Errorf("%+v is a unix socket", c)
		}
	}
	for _, wrong := range [][2]string{{"tcp", ":0"}, {"tcp", "x"}, {"ip", ":1"}, {"tcp", ":nosuchservice"}} {
		if _, err := parse(wrong[0], wrong[1], true); err == nil {
			t.Errorf("%v: no error", wrong)
		}
	}
}

func FuzzPassed(f *testing.F) {
	f.Add("3", "a:b", "2", "7", "127.0.0.1:80=5;x")
	f.Fuzz(func(t *testing.T, fds, names, count, einhorn, starter string) {
		env := map[string]string{
			"LISTEN_PID": "7", "LISTEN_FDS": fds, "LISTEN_FDNAMES": names,
			"EINHORN_FD_COUNT": count, "EINHORN_FD_0": einhorn, "SERVER_STARTER_PORT": starter,
		}
		all := passed(func(name string) string { return env[name] }, 7)
		seen := map[int]bool{}
		for _, p := range all {
			if p.fd < 3 || seen[p.fd] {
				t.Fatalf("%v", all)
			}
			seen[p.fd] = true
		}
		_, _ = parse("tcp", starter, true)
	})
}

// einhorn and systemd are told.
func TestReadyElsewhere(t *testing.T) {
	dir := t.TempDir()
	einhorn, err := net.Listen("unix", filepath.Join(dir, "einhorn"))
	if err != nil {
		t.Fatal(err)
	}
	defer einhorn.Close()
	manager, err := net.ListenPacket("unixgram", filepath.Join(dir, "notify"))
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	t.Setenv("EINHORN_SOCK_PATH", einhorn.Addr().String())
	t.Setenv("NOTIFY_SOCKET", manager.LocalAddr().String())
	if err := errors.Join(Ready(), Status("two\nlines"), Extend(1500)); err != nil {
		t.Fatal(err)
	}
	c, err := einhorn.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(c); string(b) != fmt.Sprintf(`{"command":"worker:ack","pid":%d}`+"\n", os.Getpid()) {
		t.Errorf("%q", b)
	}
	for _, want := range []string{"READY=1", "STATUS=two lines", "EXTEND_TIMEOUT_USEC=1"} {
		b := make([]byte, 100)
		n, _, err := manager.ReadFrom(b)
		if err != nil || string(b[:n]) != want {
			t.Errorf("%q, %v, want %q", b[:n], err, want)
		}
	}
	t.Setenv("EINHORN_SOCK_PATH", filepath.Join(dir, "none"))
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "none"))
	if err := Ready(); err == nil || !strings.Contains(err.Error(), "EINHORN_SOCK_PATH") || !strings.Contains(err.Error(), "NOTIFY_SOCKET") {
		t.Error(err)
	}
}
