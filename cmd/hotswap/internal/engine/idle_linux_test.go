package engine

import (
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A connection is open until one side has closed it, and the kernel remembers it then, whichever side that was.
func TestConnectionsTo(t *testing.T) {
	for _, clientCloses := range []bool{true, false} {
		// a socket of IPv6 serves clients of IPv4, which remember in another table than the server
		l := testkit.Must(net.Listen("tcp", map[bool]string{true: "[::]:0", false: "127.0.0.1:0"}[clientCloses]))(t)
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		client := testkit.Must(net.Dial("tcp4", ":"+port))(t)
		server := testkit.Must(l.Accept())(t)
		name := sockdiag.Name{Local: client.RemoteAddr().(*net.TCPAddr).AddrPort(),
			Remote: client.LocalAddr().(*net.TCPAddr).AddrPort()}
		if conns, err := connectionsTo([]int{os.Getpid()}); err != nil || !conns[name] {
			t.Fatalf("%v is not open: %v, %v", name, conns, err)
		}
		first, second := client, server
		if !clientCloses {
			first, second = server, client
		}
		testkit.NoError(t, first.Close())
		_, _ = second.Read(make([]byte, 1)) // its end
		testkit.NoError(t, second.Close())
		conns, err := connectionsTo([]int{os.Getpid()})
		_, one := conns[name]
		_, other := conns[sockdiag.Name{Local: name.Remote, Remote: name.Local}]
		if err != nil || conns[name] || !one && !other {
			t.Errorf("closed by the client %v: %v, %v", clientCloses, conns, err)
		}
	}
}

// What keeps a program awake, besides work.
func TestMaySleep(t *testing.T) {
	kept := map[string]bool{"tcp4127.0.0.1:4000": true}
	for name, change := range map[string]func(*report.Status){
		"":               func(*report.Status) {},
		"nothing serves": func(st *report.Status) { st.State = report.PhaseStopping },
		"an older generation drains": func(st *report.Status) {
			st.Generations = append(st.Generations, report.GenerationStatus{})
		},
		"a connection":                    func(st *report.Status) { st.Generations[0].Connections = 1 },
		"a start":                         func(st *report.Status) { st.UnderWay = true },
		"a pause":                         func(st *report.Status) { st.Paused = &report.PauseStatus{} },
		"a newer save has failed":         func(st *report.Status) { st.Failure = &report.FailureStatus{} },
		"it was rolled back to":           func(st *report.Status) { st.RolledBackFrom = 2 },
		"state":                           func(st *report.Status) { st.Program = &report.ProgramStatus{Keys: 1} },
		"no address":                      func(st *report.Status) { st.Endpoints = nil },
		"an address of the program's own": func(st *report.Status) { st.Endpoints[0].Address = "127.0.0.1:4001" },
	} {
		st := report.Status{State: report.PhaseServing, Generations: make([]report.GenerationStatus, 1),
			Endpoints: []report.EndpointStatus{
				{Network: "tcp4", Address: "127.0.0.1:4000"}, {Network: "tcp4", Address: "127.0.0.1:9229",
					Debugger: true},
			}}
		change(&st)
		if maySleep(st, kept) != (name == "") {
			t.Errorf("%q: may sleep: %v", name, name != "")
		}
	}
}

// What counts as work between two looks that are 10 s apart.
func TestRests(t *testing.T) {
	from := func(port uint16) sockdiag.Name {
		local := netip.MustParseAddr("127.0.0.1")
		return sockdiag.Name{Local: netip.AddrPortFrom(local, 4000), Remote: netip.AddrPortFrom(local, port)}
	}
	began := time.Now()
	before := sight{at: began, gen: 3, spent: time.Minute, conns: map[sockdiag.Name]bool{from(1): false}}
	for name, c := range map[string]struct {
		change func(*sight)
		rests  bool
	}{
		"nothing":                    {func(*sight) {}, true},
		"a connection is forgotten":  {func(s *sight) { s.conns = nil }, true},
		"a hundredth of a processor": {func(s *sight) { s.spent += 100 * time.Millisecond }, true},
		"more":                       {func(s *sight) { s.spent += 110 * time.Millisecond }, false},
		"a process has ended":        {func(s *sight) { s.spent -= time.Second }, false},
		"an open connection":         {func(s *sight) { s.conns = map[sockdiag.Name]bool{from(1): true} }, false},
		"a connection came and went": {func(s *sight) {
			s.conns = map[sockdiag.Name]bool{from(1): false, from(2): false}
		}, false},
		"another generation":           {func(s *sight) { s.gen = 4 }, false},
		"it must not sleep, or unseen": {func(s *sight) { s.gen = 0 }, false},
	} {
		now := before
		now.at = began.Add(10 * time.Second)
		c.change(&now)
		if now.rests(before) != c.rests {
			t.Errorf("%s: rests %v", name, !c.rests)
		}
	}
	before.gen = 0
	if before.rests(sight{}) {
		t.Error("what was never seen rests")
	}
}

// queue is a mechanism with one socket, which may be gone.
type queue struct {
	none
	fd int
}

func (q queue) Queues(each func(handoff.Endpoint, int)) bool {
	each(handoff.Endpoint{}, q.fd)
	return false
}

// A socket that is shut down or closed is always ready to be read. The next look for a client comes after a pause all
// the same.
func TestLooksForClientsPause(t *testing.T) {
	fd := testkit.Must(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
	defer unix.Close(fd)
	testkit.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 1))
	name := testkit.Must(unix.Getsockname(fd))(t)
	testkit.Dial(t, sockdiag.AddrPort(name).String())
	if !clientWaits(queue{fd: fd}) {
		t.Error("no client waits")
	}
	testkit.NoError(t, unix.Shutdown(fd, unix.SHUT_RDWR))
	const closed = 1 << 20
	for _, fd := range []int{fd, closed} {
		began := time.Now()
		if clientWaits(queue{fd: fd}) || time.Since(began) < 5*wait.Poll {
			t.Errorf("descriptor %d: another look after %v", fd, time.Since(began))
		}
	}
}
