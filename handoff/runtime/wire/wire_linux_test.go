package wire

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const hello = `{"type":"hello","version":1}`

// number is a message of the tests' family.
type number struct{ N int }

func (n number) Check() error {
	if n.N < 0 {
		return errors.New("below zero")
	}
	return nil
}

// family notes numbers and sockets. Every number is answered with so much text.
type family struct {
	said chan any
	left chan struct{}
}

func (f *family) join(l *Link) (Handlers, func()) {
	return Handlers{
		"number": On(func(n number) {
			f.said <- n
			l.Send(map[string]string{"type": "<&>" + strings.Repeat("x", n.N)}, nil)
		}),
		"socket": OnSocket(func(_ number, s *Socket) {
			f.said <- s != nil
			l.Send(map[string]string{"type": "back"}, s)
			s.Close()
		}),
	}, func() { f.left <- struct{}{} }
}

// open returns a session that hears the processes, its family, and what ends it.
func open(t *testing.T, pids ...int) (s *Session, f *family, end func()) {
	t.Helper()
	dir := testkit.Must(os.MkdirTemp("", "hsw"))(t) // a socket's path is short, t.TempDir's is not
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s = testkit.Must(Open(scratch.In(dir), "name"))(t)
	f = &family{said: make(chan any, 10), left: make(chan struct{}, 1)}
	s.Speak(f.join)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, func() []int { return pids })
	}()
	end = func() { cancel(); <-done }
	t.Cleanup(end)
	return s, f, end
}

// adapter is a process of the program.
type adapter struct {
	t     *testing.T
	conn  *net.UnixConn
	in    *rights.Reader
	lines *bufio.Scanner
}

func connect(t *testing.T, s *Session) *adapter {
	t.Helper()
	conn := testkit.Must(net.DialUnix("unix", nil, &net.UnixAddr{Name: s.Path, Net: "unix"}))(t)
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(testkit.Patience))
	in := &rights.Reader{Conn: conn}
	return &adapter{t, conn, in, bufio.NewScanner(in)}
}

// say writes text, with a descriptor unless fd is below 0.
func (a *adapter) say(text string, fd int) *adapter {
	var with []byte
	if fd >= 0 {
		with = unix.UnixRights(fd)
	}
	if _, _, err := a.conn.WriteMsgUnix([]byte(text), with, nil); err != nil && !errors.Is(err, unix.EPIPE) {
		a.t.Error(err)
	}
	return a
}

// hears demands the next line; "": the end.
func (a *adapter) hears(want string) {
	a.t.Helper()
	if a.lines.Scan(); a.lines.Text() != want || errors.Is(a.lines.Err(), os.ErrDeadlineExceeded) {
		a.t.Errorf("%q, want %q, %v", a.lines.Text(), want, a.lines.Err())
	}
}

// A link hears what its families answer, in order and as it came; types that nobody knows are ignored.
func TestALink(t *testing.T) {
	s, f, end := open(t, os.Getpid())
	a := connect(t, s).say(hello+"\n"+`{"type":"tomorrow"}`+"\n"+`{"type":"num`, -1)
	a.say(`ber","n":3}`+"\n", -1).hears(`{"type":"<&>xxx"}`)
	if got := <-f.said; got != (number{3}) {
		t.Errorf("%v", got)
	}
	end()
	<-f.left
	a.hears("")
	if _, err := os.Stat(filepath.Dir(s.Path)); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
}

// Who breaks the protocol is cut off, and so is a process that is not of the generation. No descriptor is left of them.
func TestWhoIsNotHeard(t *testing.T) {
	strange, _, _ := open(t, 1)
	connect(t, strange).hears("")
	s, f, _ := open(t, os.Getpid())
	many := hello + strings.Repeat("\n{}", 2*maxUnclaimed)
	testkit.NothingLeft(t, 3, func(int) {
		for _, text := range []string{
			"x\n", "\n", "null,\n", "[]\n", `{"type":1}` + "\n", `{"type":"number"}` + "\n", `{"type":"hello","version":2}` + "\n",
			hello + "\n" + hello + "\n", hello + "\nnonsense\n", hello + "\n" + `{"type":"number","n":-1}` + "\n", hello + "\n" + `{"type":"number","n":"1"}` + "\n",
			hello + "\n" + `{"type":"socket"}` + "\n", strings.Repeat(" ", maxLine+1), hello + "\n" + strings.Repeat("x", maxLine+1), many,
		} {
			a := connect(t, s)
			if text == many {
				for line := range strings.Lines(text) {
					a.say(line, 0)
				}
			} else {
				_, _ = a.conn.Write([]byte(text)) // which fails where the line is too long
			}
			a.hears("")
			a.conn.Close()
			if strings.HasPrefix(text, hello) {
				<-f.left
			}
		}
	})
}

// A descriptor comes with its line, also in parts, and goes back so. Where hotswap may open no more, nothing has come
// (recvmsg(2), MSG_CTRUNC), and the next line has its own.
func TestSockets(t *testing.T) {
	s, f, _ := open(t, os.Getpid())
	a := connect(t, s).say(hello+"\n"+`{"type":"number","n":1}`+"\n", -1)
	a.hears(`{"type":"<&>x"}`)
	<-f.said
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next := testkit.Must(unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
	testkit.NoError(t, unix.Close(next))
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
	a.say(`{"typ`, 0).say(`e":"socket"}`+"\n", -1)
	a.hears(`{"type":"got","lost":true}`)
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	a.hears(`{"type":"back"}`)
	if came := <-f.said; came == true || len(a.in.FDs) > 0 {
		t.Errorf("%v, %v", came, a.in.FDs)
	}
	a.say(`{"typ`, 0).say(`e":"socket"}`+"\n", -1)
	a.hears(`{"type":"got"}`)
	a.hears(`{"type":"back"}`)
	if came := <-f.said; came == false || len(a.in.FDs) != 1 {
		t.Errorf("%v, %v", came, a.in.FDs)
	}
	for _, fd := range a.in.FDs {
		_ = unix.Close(fd)
	}
}

// A link that does not read is given up, and nobody waits for it.
func TestWhoDoesNotRead(t *testing.T) {
	s, f, _ := open(t, os.Getpid())
	a := connect(t, s).say(hello+"\n", -1)
	many := strings.Repeat(`{"type":"number","n":1000}`+"\n", 100)
	go func() {
		for range f.said {
		}
	}()
	for err := error(nil); err == nil; {
		_, err = a.conn.Write([]byte(many))
	}
	<-f.left
}

func FuzzLink(f *testing.F) {
	f.Add([]byte(hello+"\n"+`{"type":"number","n":1}`+"\n"+`{"type":"socket","n":2}`), uint8(3))
	f.Add([]byte(`{"type":"hello","version":1,"files":false}`+"\n\n"), uint8(0))
	f.Fuzz(func(t *testing.T, text []byte, at uint8) {
		ours, file, err := rights.Pair(unix.SOCK_STREAM)
		testkit.NoError(t, err)
		theirs := testkit.Must(rights.Conn(file))(t)
		defer ours.Close()
		greeted := false
		s := &Session{}
		s.Speak(func(l *Link) (Handlers, func()) {
			if greeted || l.Version != version {
				t.Errorf("hello again: %v, %+v", greeted, l.Hello)
			}
			greeted = true
			return Handlers{
				"number": On(func(n number) {
					if n.N < 0 {
						t.Errorf("%+v", n)
					}
				}),
				"socket": OnSocket(func(_ number, s *Socket) { s.Close() }),
			}, func() {}
		})
		served := make(chan struct{})
		l := newLink(ours, nil)
		go l.write()
		go func() { defer close(served); s.serve(l) }()
		cut := min(int(at), len(text)) // a read may end anywhere, and a descriptor come with any part
		_, _, _ = theirs.WriteMsgUnix(text[:cut], unix.UnixRights(0), nil)
		_, _ = theirs.Write(text[cut:])
		theirs.Close()
		<-served
	})
}
