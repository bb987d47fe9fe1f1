package connections

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// family is a generation that drains, 3, and one that serves, 4.
type family struct {
	*generation
	next      *Session
	path      string // of the socket of next
	successor atomic.Int64
	awaited   atomic.Bool
	stats     chan HandoffStats
	resume    func()
	endBoth   func()
}

func beginFamily(t *testing.T, w waits) *family {
	t.Helper()
	f := &family{generation: newGeneration(t), stats: make(chan HandoffStats, 2)}
	f.successor.Store(4)
	f.shared.Handoff = Handoff{
		Successor: func() (handoff.GenID, bool) { return handoff.GenID(f.successor.Load()), f.awaited.Load() },
		Report:    func(k HandoffStats) { f.stats <- k },
	}
	f.shared.waits = w
	f.begin(os.Getpid())
	end := f.end
	next, path, endNext := f.start(4, os.Getpid())
	f.next, f.path = next, path
	f.endBoth = func() { end(); endNext() }
	f.resume = f.a.Drain(DrainOptions{CloseReason: &CloseReason{Code: 1012, Reason: "service restart",
		Keep: &Keep{WithinMS: 1000}}})
	return f
}

// threads of the next generation that serve a place.
func (f *family) threads() (n int) {
	f.next.links.Lock()
	defer f.next.links.Unlock()
	for _, m := range f.next.links.Links {
		n += len(m.addresses)
	}
	return n
}

// offered is the next take, and its socket. Without one the calling goroutine ends.
func (th *fakeThread) offered() (take, net.Conn) {
	th.t.Helper()
	var order take
	if !th.HearInto(&order) {
		th.t.Fatal("no take")
	}
	fd := th.FD()
	if order.Type != "take" && order.Type != "conn" || fd < 0 {
		th.t.Fatalf("%+v with %d", order, fd)
	}
	file := os.NewFile(uintptr(fd), "taken")
	defer file.Close()
	return order, testkit.Must(net.FileConn(file))(th.t)
}

func (th *fakeThread) answer(order take, why string) {
	th.say(fmt.Sprintf(`{"type":"taken","id":%d,"error":%q}`, order.ID, why))
}

func (th *fakeThread) owns(order take) { th.say(fmt.Sprintf(`{"type":"owned","id":%d}`, order.ID)) }

// client is a WebSocket's client, and the server's side of it.
func client(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	l := testkit.Must(net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}))(t)
	defer l.Close()
	client = testkit.Must(net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr)))(t)
	server = testkit.Must(l.AcceptTCP())(t)
	t.Cleanup(func() { client.Close(); server.Close() })
	_ = client.SetDeadline(time.Now().Add(testPatience))
	return client, server
}

// give hands the server's side over, and closes it.
func (th *fakeThread) give(server *net.TCPConn) {
	th.t.Helper()
	file := testkit.Must(server.File())(th.t)
	defer file.Close()
	fd := int(file.Fd())
	_ = unix.SetNonblock(fd, true) // Fd has made it blocking, for all who have it
	th.SayWith(fd, `{"type":"give","at":"here","load":{"request":"R0VU"}}`)
	server.Close()
}

func (f *family) giver() *fakeThread {
	f.t.Helper()
	th := f.thread().say(hello, listens)
	if o := th.told(); o == nil || o.CloseReason == nil || o.CloseReason.Keep == nil ||
		o.CloseReason.Keep.WithinMS != 1000 {
		f.t.Fatalf("told %+v", o)
	}
	return th
}

// toldGoodbye reads what a client is told whom nobody takes.
func toldGoodbye(t *testing.T, c net.Conn) {
	t.Helper()
	b, err := io.ReadAll(c)
	if want := append([]byte{0x88, 17, 0x03, 0xf4}, "service restart"...); err != nil || string(b) != string(want) {
		t.Errorf("the client reads %q, %v", b, err)
	}
	c.Close()
}

const listens = `{"type":"listening","port":4000,"at":"here"}`

// descriptors of this process; what is open for good is counted once it is.
func descriptors(t *testing.T) int {
	t.Helper()
	list := testkit.Must(os.ReadDir("/proc/self/fd"))(t)
	return len(list)
}

// fewer waits until no more descriptors are open than were.
func fewer(t *testing.T, than int) {
	t.Helper()
	for end := time.Now().Add(testPatience); descriptors(t) > than; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d descriptors are open, %d were", descriptors(t), than)
		}
	}
}
