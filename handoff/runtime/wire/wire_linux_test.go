package wire

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	dir := testkit.ShortDir(t)
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

// hears demands the next line; "": the end.
func hears(t *testing.T, a *testkit.Link, want string) {
	t.Helper()
	if got := a.Hear(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A link hears what its families answer, in order and as it came; types that nobody knows are ignored.
func TestALink(t *testing.T) {
	s, f, end := open(t, os.Getpid())
	a := testkit.Connect(t, s.Path)
	a.Say(hello, `{"type":"tomorrow"}`)
	a.SayWith(0, `{"type":"number","n":3}`) // nobody claims the descriptor
	hears(t, a, `{"type":"<&>xxx"}`)
	if got := <-f.said; got != (number{3}) {
		t.Errorf("%v", got)
	}
	end()
	<-f.left
	hears(t, a, "")
	if _, err := os.Stat(filepath.Dir(s.Path)); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
}

// Who breaks the protocol is cut off, and so is a process that is not of the generation. No descriptor is left of them.
func TestWhoIsNotHeard(t *testing.T) {
	strange, _, _ := open(t, 1)
	hears(t, testkit.Connect(t, strange.Path), "")
	s, f, _ := open(t, os.Getpid())
	testkit.NothingLeft(t, 3, func(int) {
		for _, text := range []string{
			"x", "", "null,", "[]", `{"type":1}`, `{"type":"number"}`, `{"type":"hello","version":2}`, strings.Repeat(" ", maxLine+1),
			hello + "\n" + hello, hello + "\nnonsense", hello + "\n" + `{"type":"number","n":-1}`, hello + "\n" + `{"type":"number","n":"1"}`,
			hello + "\n" + `{"type":"socket"}`, hello + "\n" + strings.Repeat("x", maxLine+1), hello + "\nmany",
		} {
			a := testkit.Connect(t, s.Path)
			a.Say(strings.TrimSuffix(text, "many"))
			for range strings.Count(text, "many") * (maxUnclaimed + 1) {
				a.SayWith(0, "{}")
			}
			hears(t, a, "")
			a.Close()
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
	a := testkit.Connect(t, s.Path)
	a.Say(hello, `{"type":"number","n":1}`)
	hears(t, a, `{"type":"<&>x"}`)
	<-f.said
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next := testkit.Must(unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
	testkit.NoError(t, unix.Close(next))
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
	for _, came := range []bool{false, true} {
		a.SayWith(0, `{"type":"socket"}`)
		hears(t, a, map[bool]string{true: `{"type":"got"}`, false: `{"type":"got","lost":true}`}[came])
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
		hears(t, a, `{"type":"back"}`)
		fd := a.FD()
		if got := <-f.said; got != came || fd >= 0 != came {
			t.Errorf("%v, %d, want %v", got, fd, came)
		}
		_ = unix.Close(fd)
	}
}

// A link that does not read is given up, and nobody waits for it.
func TestWhoDoesNotRead(t *testing.T) {
	s, f, _ := open(t, os.Getpid())
	a := testkit.Connect(t, s.Path)
	a.Say(hello)
	go func() {
		for range f.said {
		}
	}()
	for err := error(nil); err == nil; {
		_, err = a.Write([]byte(strings.Repeat(`{"type":"number","n":1000}`+"\n", 100)))
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
