package drain

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// ask is a client: it sends what it reads, and says with what each answer begins. It may listen, too.
func ask() {
	if os.Getenv("DRAIN_TEST_LISTENS") != "" {
		if _, err := net.Listen("tcp4", "127.0.0.1:0"); err != nil {
			os.Exit(1)
		}
	}
	c, err := net.Dial("tcp4", os.Getenv("DRAIN_TEST_ADDR"))
	if err != nil {
		os.Exit(1)
	}
	fmt.Println("ready")
	b := make([]byte, 4096)
	for words := bufio.NewScanner(os.Stdin); words.Scan(); {
		_, _ = io.WriteString(c, strings.ReplaceAll(words.Text(), "|", "\r\n"))
		n, err := c.Read(b)
		fmt.Printf("%.12q %v\n", b[:n], err)
	}
}

// asker starts a client in a session of its own, because the tests' serves.
func asker(t *testing.T, addr string, listens bool) *program {
	t.Helper()
	t.Setenv("DRAIN_TEST_ADDR", addr)
	t.Setenv("DRAIN_TEST_LISTENS", map[bool]string{true: "1"}[listens])
	return startIn(t, "ask", &syscall.SysProcAttr{Setsid: true})
}

// The next request of a client that speaks for itself only is taken. The connection of one that listens, as a proxy
// does, ends in a pause.
func TestOnlyHarmlessClientsAreMoved(t *testing.T) {
	for tries, listens := 0, false; ; tries++ {
		p := startProgram(t)
		client := asker(t, p.addr, listens)
		client.ask("GET /fast HTTP/1.1|Host: " + p.addr + "||")
		cfg := p.moving()
		cfg.Harmless = nil
		_, reports, end := observed(t, cfg)
		r := awaited(t, reports, func(r Report) bool { return r.Connections == 1 })
		if !listens {
			r = awaited(t, reports, func(r Report) bool { return r.Settled })
		}
		for asked := 0; r.Moved+r.Closed == 0 && asked < 20; asked++ {
			if got := client.ask("GET /fast HTTP/1.1|Host: " + p.addr + "||"); !strings.HasSuffix(got, "<nil>") {
				t.Fatalf("listens %v: %s", listens, got)
			}
			for from := time.Now(); r.Moved+r.Closed == 0 && time.Since(from) < settled+settled/2; {
				select {
				case r = <-reports:
				case <-time.After(10 * time.Millisecond):
				}
			}
		}
		end()
		switch {
		case listens != (r.Closed == 1) || listens == (r.Moved == 1):
			if listens || tries == 3 { // a busy machine may find out too late who a harmless client is
				all, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Established}})
				for _, s := range all {
					if e := (peer.Ends{Local: s.Remote, Peer: s.Local}); s.Remote.String() == p.addr {
						t.Logf("%+v is %+v", e, peer.Look([]peer.Ends{e}))
					}
				}
				t.Fatalf("listens %v: %+v, %v", listens, r, err)
			}
		case listens:
			return
		default:
			listens = true
		}
	}
}

// Whatever a client behind a proxy sends as the rest of a body reaches the program as such.
func TestRestOfABodyBehindAProxyIsNotTaken(t *testing.T) {
	e := newEnds(t)
	const rest = "GET /admin/delete-all HTTP/1.1\r\nHost: x\r\n\r\n"
	e.ask(fmt.Sprintf("POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n", len(rest)))
	e.answer("HTTP/1.1 401 Unauthorized\r\n" + strings.Repeat("A: b\r\n", 20) + "\r\n") // before the body has come
	cfg := e.config()
	cfg.Mover, cfg.Harmless = idler{}, nil // this process serves
	looks := 0
	cfg.Waiting = func() int { looks++; return 1 }
	_, reports, end := observed(t, cfg)
	awaited(t, reports, func(r Report) bool { return r.Connections-r.Busy == 1 })
	e.ask(rest) // which reads it
	until(t, func() bool { return e.look().ReceivedAge > 50*time.Millisecond })
	end()
	for r := range reports {
		if r.Moved+r.Closed > 0 {
			t.Fatalf("%+v", r)
		}
	}
}

// The connection ends for both sides, also where hotswap has no privilege. What comes meanwhile does not reach the
// program, and nothing stays set.
func TestFinish(t *testing.T) {
	runtime.LockOSThread() // which ends with this test, and its privileges with it
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	testkit.NoError(t, unix.Capset(&header, &make([]unix.CapUserData, 2)[0]))
	for name, c := range map[string]struct {
		network, at, to string
		level, option   int
	}{
		"IPv4":         {"tcp4", "127.0.0.1:0", "", unix.IPPROTO_IP, unix.IP_MINTTL},
		"IPv6":         {"tcp6", "[::1]:0", "", unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT},
		"IPv4 in IPv6": {"tcp", "[::]:0", "127.0.0.1", unix.IPPROTO_IP, unix.IP_MINTTL},
	} {
		l := testkit.Must(net.Listen(c.network, c.at))(t)
		addr := l.Addr().(*net.TCPAddr)
		to := net.TCPAddr{IP: addr.IP, Port: addr.Port}
		if c.to != "" {
			to.IP = net.ParseIP(c.to)
		}
		client := testkit.Must(net.DialTCP("tcp", nil, &to))(t)
		server := testkit.Must(l.Accept())(t)
		local := server.LocalAddr().(*net.TCPAddr).AddrPort().Addr()
		var h control
		_ = testkit.Must(server.(*net.TCPConn).SyscallConn())(t).Control(func(fd uintptr) { h.fd = int(fd) })
		look := func() sample { s, _ := read(h.fd); return s }
		was := look()
		testkit.NoError(t, unix.SetsockoptInt(h.fd, c.level, c.option, 255))
		testkit.Must(io.WriteString(client, "request"))(t)
		time.Sleep(5 * time.Millisecond) // it would be there at once
		if now := look(); now.Unread > 0 || now.Received > 0 {
			t.Errorf("%s: it came: %+v", name, now)
		}
		testkit.NoError(t, unix.SetsockoptInt(h.fd, c.level, c.option, 7)) // the program's own
		until(t, func() bool { return look().Unread == 7 })
		if h.finish(was, local) {
			t.Errorf("%s: a connection with a request has ended", name)
		}
		testkit.Must(io.ReadFull(server, make([]byte, 7)))(t)
		if !h.finish(look(), local) {
			t.Errorf("%s: it was not ended", name)
		}
		if n, err := unix.GetsockoptInt(h.fd, c.level, c.option); n != 7 || err != nil {
			t.Errorf("%s: the program's own limit is %d, %v", name, n, err)
		}
		if n, err := client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%s: the client reads %d, %v", name, n, err)
		}
		_, _, _ = l.Close(), client.Close(), server.Close()
	}
}

// Half of what the limit says does not wake the program, in whatever pieces it comes: so large a request may lie there.
func TestFactHalfOfTheLimitDoesNotWake(t *testing.T) {
	if os.Getenv("DRAIN_TEST_NETWORK") == "" && os.Getuid() == 0 { // once more with the room that Linux had before 6.18
		cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^TestFactHalfOfTheLimitDoesNotWake$")
		cmd.Env, cmd.SysProcAttr = append(os.Environ(), "DRAIN_TEST_NETWORK=1"), &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	} else if os.Getuid() == 0 {
		testkit.NoError(t, testkit.LoopbackUp())
		testkit.NoError(t, os.WriteFile("/proc/sys/net/ipv4/tcp_rmem", []byte("4096 131072 6291456"), 0o644))
	}
	e := newEnds(t)
	p := newPoller(t, e.fd, 0)
	if !e.held() {
		t.Fatal("the input cannot be held")
	}
	most := e.hand().limit() / 2
	t.Logf("%d bytes", most)
	if most < 1<<20 {
		t.Skipf("NOT TESTED: this machine gives a connection little room")
	}
	for left := most; left > 0; {
		n := min(left, 100)
		if left < most-1<<20 {
			n = min(left, 1<<16)
		}
		testkit.Must(e.cli.Write(make([]byte, n)))(t)
		left -= n
	}
	until(t, func() bool { return e.look().Unread == most })
	if p.wakes(0) {
		t.Error("the program is awakened")
	}
}

// blocking has a thread of this process wait in a call for the connection's input. It returns what was read.
func (e *ends) blocking() <-chan string {
	testkit.NoError(e.t, unix.SetNonblock(e.fd, false))
	fd, got := testkit.Must(unix.Dup(e.fd))(e.t), make(chan string, 100)
	go func() {
		defer close(got)
		for b := make([]byte, 4096); ; {
			n, err := unix.Read(fd, b)
			if n <= 0 || err != nil {
				return
			}
			got <- string(b[:n])
		}
	}()
	e.t.Cleanup(func() { _ = unix.Shutdown(fd, unix.SHUT_RDWR); _ = unix.Close(fd) })
	return got
}

// laterMover takes nothing before it has room.
type laterMover struct {
	idler
	room atomic.Int32
}

func (l *laterMover) Room() int { return int(l.room.Load()) }

// The sessions of programs with blocking calls go on while the drain lasts.
func TestBlockingSessionsAreLeftAlone(t *testing.T) {
	fields := strings.Repeat("Link: </a>\r\n", 10)
	for name, c := range map[string]struct{ ask, answer string }{
		"an upload after 100 Continue": {"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"},
		"an upload after early hints":  {"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n" + fields + "\r\n"},
		"requests":                     {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n" + fields + "\r\n"},
		"mail":                         {"HELO x\r\n", "250 " + strings.Repeat("hello ", 20) + "\r\n"},
		"a WebSocket":                  {"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnds(t)
			testkit.NoError(t, unix.SetNonblock(e.fd, false)) // before hotswap sees it: input of others may be held
			cfg := e.config()
			later := &laterMover{}
			cfg.Mover = later
			_, reports, end := observed(t, cfg)
			awaited(t, reports, func(r Report) bool { return r.Connections == 1 })
			e.send(c.ask) // it lies there, so that hotswap may see it
			until(t, func() bool { return e.look().ReceivedAge > 20*time.Millisecond })
			got := e.blocking()
			<-got
			later.room.Store(1)
			testkit.Must(unix.Write(e.fd, []byte(c.answer)))(t)
			until(t, func() bool { return e.look().SentAge > settled+settled/2 })
			e.send("more")
			if more := <-got; more != "more" {
				t.Errorf("%q", more)
			}
			end()
			for r := range reports {
				if r.Moved+r.Closed > 0 {
					t.Fatalf("%+v", r)
				}
			}
		})
	}
}
