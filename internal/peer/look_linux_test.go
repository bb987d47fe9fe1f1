package peer

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// TestMain lets the test binary be a client, which does what PEER_TEST_CHILD says in turn.
func TestMain(m *testing.M) {
	words := os.Getenv("PEER_TEST_CHILD")
	if words == "" {
		_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of ours takes a second to end
		os.Exit(m.Run())
	}
	var keep []any
	check := func(one any, err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		keep = append(keep, one)
	}
	for word := range strings.FieldsSeq(words) {
		how, arg, _ := strings.Cut(word, "=")
		switch how {
		case "dial":
			check(net.Dial("tcp", arg))
		case "listen":
			check(net.Listen(arg[:strings.Index(arg, "!")], arg[strings.Index(arg, "!")+1:]))
		case "udp":
			check(net.ListenPacket("udp4", arg))
		case "below", "apart", "inetd": // the rest of the words is for a process below it, perhaps in a session of its own
			_, rest, _ := strings.Cut(words, word)
			cmd := exec.Command(os.Args[0])
			cmd.Env, cmd.Stdin, cmd.Stdout = append(os.Environ(), "PEER_TEST_CHILD="+rest), os.Stdin, os.Stdout
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: how != "below"}
			if how == "inetd" { // with a client that this process has accepted
				l, err := net.Listen("tcp4", "127.0.0.1:0")
				check(l, err)
				check(net.Dial("tcp4", l.Addr().String()))
				c, err := l.Accept()
				check(c, err)
				f, err := c.(*net.TCPConn).File()
				check(f, err)
				cmd.ExtraFiles = []*os.File{f}
			}
			check(nil, cmd.Run())
			os.Exit(0)
		case "fork": // a process that has the descriptors, too
			for _, c := range keep {
				f, err := c.(*net.TCPConn).File()
				check(f, err)
				cmd := exec.Command(os.Args[0])
				cmd.Env, cmd.Stdin, cmd.ExtraFiles = append(os.Environ(), "PEER_TEST_CHILD=listen=tcp4!127.0.0.1:0"), os.Stdin, []*os.File{f}
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
				out, err := cmd.StdoutPipe()
				check(nil, errors.Join(err, cmd.Start()))
				_, err = bufio.NewReader(out).ReadString('\n')
				check(nil, err)
			}
		}
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadString(0)
	_ = keep
}

// look starts a client, in a session of its own, and looks at it.
func look(t *testing.T, network, at, words string, attr *syscall.SysProcAttr) (Peer, Ends) {
	t.Helper()
	l := testkit.Must(net.Listen(network, at))(t)
	defer l.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PEER_TEST_CHILD="+strings.ReplaceAll(words, "DIAL", "dial="+strings.Replace(l.Addr().String(), "[::]", "127.0.0.1", 1)))
	cmd.SysProcAttr, cmd.Stderr = attr, os.Stderr
	in, out := testkit.Must(cmd.StdinPipe())(t), testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(testkit.Patience))
	c := testkit.Must(l.Accept())(t)
	t.Cleanup(func() { c.Close() })
	addr := func(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
	e := Ends{Local: addr(c.LocalAddr()), Peer: addr(c.RemoteAddr())}
	p := Look([]Ends{e})[e]
	if p.Inode != 0 && p.Inode != Inode(e) {
		t.Errorf("%d, then %d", p.Inode, Inode(e))
	}
	return p, e
}

func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func TestLook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	for words, want := range map[string]bool{
		"DIAL":                                     true,
		"DIAL DIAL":                                true,
		"below DIAL":                               true,
		"listen=tcp4!127.0.0.1:0 DIAL":             false,
		"listen=tcp6![::1]:0 DIAL":                 false,
		"listen=unix!" + path + " DIAL":            false,
		"listen=unix!@peer-test DIAL":              false,
		"inetd DIAL":                               false,
		"udp=127.0.0.1:0 DIAL":                     true,
		"udp=0.0.0.0:0 DIAL":                       false,
		"listen=tcp4!127.0.0.1:0 below DIAL":       false,
		"listen=tcp4!127.0.0.1:0 below below DIAL": false,
		"listen=tcp4!127.0.0.1:0 apart DIAL":       true,
		"DIAL fork":                                false,
	} {
		if p, _ := look(t, "tcp4", "127.0.0.1:0", words, apart()); p.Harmless != want || p.Inode == 0 {
			t.Errorf("%s: %+v", words, p)
		}
	}
	for _, at := range []string{"[::]:0", "[::1]:0"} {
		if p, _ := look(t, "tcp", at, "DIAL", apart()); !p.Harmless {
			t.Errorf("%s: %+v", at, p)
		}
	}
}

// Clients are this user's on this machine, or have closed their end. This process is none.
func TestOfUser(t *testing.T) {
	l := testkit.Must(net.Listen("tcp", "[::]:0"))(t)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
	dial := func() (net.Conn, Ends) {
		c := testkit.Must(net.Dial("tcp4", at.String()))(t)
		return c, Ends{Local: at, Peer: c.LocalAddr().(*net.TCPAddr).AddrPort()}
	}
	_, mine := look(t, "tcp4", "127.0.0.1:0", "DIAL", apart())
	if !OfUser(nil) || !OfUser([]Ends{mine}) {
		t.Error("a client of this user may not")
	}
	c, own := dial()
	defer c.Close()
	if OfUser([]Ends{mine, own}) {
		t.Error("this process may")
	}
	gone, over := dial()
	gone.Close()
	if !OfUser([]Ends{over, mine}) {
		t.Error("who has gone may not")
	}
	if OfUser([]Ends{mine, {Local: at, Peer: netip.MustParseAddrPort("192.0.2.1:1")}}) {
		t.Error("another machine may")
	}
	if os.Getuid() == 0 {
		program := os.Args[0]
		defer func() { os.Args[0] = program }()
		os.Args[0] = filepath.Join(testkit.Must(os.MkdirTemp("/tmp", "peer"))(t), "peer.test") // which others may run
		defer os.RemoveAll(filepath.Dir(os.Args[0]))
		testkit.NoError(t, os.Chmod(filepath.Dir(os.Args[0]), 0o755))
		testkit.NoError(t, os.WriteFile(os.Args[0], testkit.Must(os.ReadFile(program))(t), 0o755))
		if _, theirs := look(t, "tcp4", "127.0.0.1:0", "DIAL", &syscall.SysProcAttr{Setsid: true, Credential: &syscall.Credential{Uid: 12345, Gid: 12345}}); OfUser([]Ends{mine, theirs}) {
			t.Error("another user may")
		}
	}
}

// A process knows for whom it speaks itself. Of a client that has gone, or is another one by now, nothing is known.
func TestLookAtNobody(t *testing.T) {
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer l.Close()
	c := testkit.Must(net.Dial("tcp4", l.Addr().String()))(t)
	e := Ends{Local: c.RemoteAddr().(*net.TCPAddr).AddrPort(), Peer: c.LocalAddr().(*net.TCPAddr).AddrPort()}
	if p := Look([]Ends{e})[e]; p.Inode == 0 || !p.Own || !p.Harmless {
		t.Errorf("this process: %+v", p)
	}
	c.Close()
	if p := Look([]Ends{e})[e]; p != (Peer{}) {
		t.Errorf("%+v", p)
	}
	e.Peer = l.Addr().(*net.TCPAddr).AddrPort() // the kernel knows a listener there
	if p := Look([]Ends{e})[e]; p != (Peer{}) {
		t.Errorf("a listener: %+v", p)
	}
}

func TestLookWithNamespaces(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED: only root may make namespaces")
	}
	// A client of another namespace of process IDs may have neighbours that nobody sees.
	if p, _ := look(t, "tcp4", "127.0.0.1:0", "DIAL", &syscall.SysProcAttr{Setsid: true, Cloneflags: unix.CLONE_NEWPID}); p.Harmless || p.Inode == 0 {
		t.Errorf("another namespace of process IDs: %+v", p)
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^TestLookAtAClientOfOthers$")
	cmd.Env, cmd.SysProcAttr = append(os.Environ(), "PEER_TEST_NETWORK=1"), &syscall.SysProcAttr{Setsid: true, Cloneflags: unix.CLONE_NEWNET}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// This runs in a network namespace of its own. An address that is routed to it, but is none of an interface, counts as
// another machine.
func TestLookAtAClientOfOthers(t *testing.T) {
	if os.Getenv("PEER_TEST_NETWORK") == "" {
		t.Skip("TestLookWithNamespaces runs this")
	}
	const far = "10.99.0.1"
	testkit.NoError(t, testkit.LoopbackUp())
	testkit.NoError(t, testkit.RouteToLoopback(netip.MustParseAddr(far)))
	l := testkit.Must(net.Listen("tcp4", far+":0"))(t)
	defer l.Close()
	for words, want := range map[string]bool{"DIAL": true, "dial=" + l.Addr().String() + " DIAL": false} {
		if p, _ := look(t, "tcp4", "127.0.0.1:0", words, apart()); p.Harmless != want || p.Inode == 0 {
			t.Errorf("%s: %+v", words, p)
		}
	}
}

func BenchmarkLook(b *testing.B) {
	l, _ := net.Listen("tcp4", "127.0.0.1:0")
	c := testkit.Must(net.Dial("tcp4", l.Addr().String()))(b)
	e := Ends{Local: c.RemoteAddr().(*net.TCPAddr).AddrPort(), Peer: c.LocalAddr().(*net.TCPAddr).AddrPort()}
	for b.Loop() {
		Look([]Ends{e})
	}
}
