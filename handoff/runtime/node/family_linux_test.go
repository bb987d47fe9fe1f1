package node

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/rights"
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
	f := &family{generation: transport(t), stats: make(chan HandoffStats, 2)}
	f.successor.Store(4)
	f.tr.HandOver(Handoff{
		Successor: func() (handoff.GenID, bool) { return handoff.GenID(f.successor.Load()), f.awaited.Load() },
		Report:    func(k HandoffStats) { f.stats <- k },
	})
	f.tr.waits = w
	f.begin(os.Getpid())
	l := &handoff.Launch{Gen: 4}
	session := testkit.Must(f.tr.Prepare(l))(t)
	f.next = f.tr.Of(4)
	f.path = strings.TrimPrefix(l.Env[len(l.Env)-1], wire.Variable+"=")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = session.Run(ctx, handoff.Running{Tree: func() []int { return []int{os.Getpid()} }}, nil)
	}()
	end := f.end
	f.endBoth = func() { end(); cancel(); <-done }
	t.Cleanup(f.endBoth)
	f.resume = f.a.Drain(DrainOptions{CloseReason: &CloseReason{Code: 1012, Reason: "service restart", Keep: &Keep{WithinMS: 1000}}})
	return f
}

// taker is a thread of the next generation.
type taker struct {
	t    *testing.T
	conn *net.UnixConn
	in   *rights.Reader
	scan *bufio.Scanner
}

func newTaker(t *testing.T, conn net.Conn) *taker {
	in := &rights.Reader{Conn: conn.(*net.UnixConn)}
	return &taker{t, in.Conn, in, bufio.NewScanner(in)}
}

// threads of the next generation that serve a place.
func (f *family) threads() (n int) {
	f.next.mu.Lock()
	defer f.next.mu.Unlock()
	for m := range f.next.threads {
		n += len(m.places)
	}
	return n
}

func (k *taker) say(lines ...string) {
	k.t.Helper()
	if _, err := k.conn.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		k.t.Error(err)
	}
}

// offered is the next take, and its socket.
func (k *taker) offered() (take, net.Conn) {
	k.t.Helper()
	order := take{Type: "got"}
	for order.Type == "got" {
		if !k.scan.Scan() {
			k.t.Error("no take: ", k.scan.Err())
			return order, nil
		}
		if err := json.Unmarshal(k.scan.Bytes(), &order); err != nil {
			k.t.Error(err)
		}
	}
	if order.Type != "take" && order.Type != "conn" || len(k.in.FDs) == 0 {
		k.t.Errorf("%s with %v", k.scan.Text(), k.in.FDs)
		return order, nil
	}
	file := os.NewFile(uintptr(k.in.FDs[0]), "taken")
	k.in.FDs = k.in.FDs[1:]
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		k.t.Error(err)
	}
	return order, conn
}

func (k *taker) answer(order take, why string) {
	k.say(fmt.Sprintf(`{"type":"taken","id":%d,"error":%q}`, order.ID, why))
}

// client is a WebSocket's client, and the server's side of it.
func client(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	testkit.NoError(t, err)
	defer l.Close()
	if client, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr)); err != nil {
		t.Fatal(err)
	}
	if server, err = l.AcceptTCP(); err != nil {
		t.Fatal(err)
	}
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
	th.sendWith(fd, `{"type":"give","at":"here","load":{"request":"R0VU"}}`)
	server.Close()
}

// sendWith says a line with a descriptor.
func (th *fakeThread) sendWith(fd int, text string) {
	th.t.Helper()
	line := []byte(text + "\n")
	// A line may come in parts, the socket with the first.
	if _, _, err := th.conn.(*net.UnixConn).WriteMsgUnix(line[:7], unix.UnixRights(fd), nil); err != nil {
		th.t.Fatal(err)
	}
	testkit.Must(th.conn.Write(line[7:]))(th.t)
}

func (f *family) giver() *fakeThread {
	f.t.Helper()
	th := f.thread().say(hello, listens)
	if o := th.told(); o == nil || o.WebSocket == nil || o.WebSocket.Keep == nil || o.WebSocket.Keep.WithinMS != 1000 {
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
	_ = c.Close()
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
