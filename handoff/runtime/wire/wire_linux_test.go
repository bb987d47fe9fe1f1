package wire

import (
	"context"
	"errors"
	"fmt"
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
	socket := func(_ number, s *Socket) {
		f.said <- s != nil
		l.Send(map[string]string{"type": "back"}, s)
		s.Close()
	}
	return Handlers{
		"number": On(func(n number) {
			f.said <- n
			l.Send(map[string]string{"type": "<&>" + strings.Repeat("x", n.N)}, nil)
		}),
		"socket": OnSocket(func() { socket(number{}, nil) }, socket),
	}, func() { f.left <- struct{}{} }
}

// open returns a session that hears the processes, its family, and what ends it.
func open(t *testing.T, pids ...int) (s *Session, f *family, end func()) {
	t.Helper()
	return openWith(t, func(*Session) {}, pids...)
}

// openWith does so with what set has set.
func openWith(t *testing.T, set func(*Session), pids ...int) (s *Session, f *family, end func()) {
	t.Helper()
	dir := testkit.ShortDir(t)
	s = testkit.Must(Open(scratch.In(dir), "name"))(t)
	set(s)
	f = &family{said: make(chan any, 10), left: make(chan struct{}, 1024)}
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
			"x", "", "null,", "[]", `{"type":1}`, `{"type":"number"}`, `{"type":"hello","version":2}`,
			strings.Repeat(" ", maxLine+1),
			hello + "\n" + hello, hello + "\nnonsense", hello + "\n" + `{"type":"number","n":-1}`, hello + "\n" +
				`{"type":"number","n":"1"}`,
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

// answers has a link answer.
func answers(t *testing.T, f *family, a *testkit.Link) {
	t.Helper()
	a.Say(`{"type":"number","n":1}`)
	<-f.said
	hears(t, a, `{"type":"<&>x"}`)
}

// A generation has so many links that hotswap keeps most of its descriptors, and 64 threads have theirs where a process
// may open 1024. One more ends; another has its place when one of them has ended. Descriptors that no line claims are
// counted with the links.
func TestMostLinks(t *testing.T) {
	refused := make(chan int, 10)
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was),
		unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1024, Max: was.Max}))
	s, f, end := openWith(t, func(s *Session) {
		s.Refused = func(most int) { refused <- most }
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	}, os.Getpid())
	if s.most < 65 || s.most > 1024/8 {
		t.Fatalf("%d links", s.most)
	}
	var links []*testkit.Link
	for range s.most {
		a := testkit.Connect(t, s.Path)
		a.Say(hello)
		answers(t, f, a)
		links = append(links, a)
	}
	hears(t, testkit.Connect(t, s.Path), "") // says nothing, and has no place
	if most := <-refused; most != int(s.most) {
		t.Errorf("more than %d are refused, want %d", most, s.most)
	}
	for i := range int(s.most / 4) {
		sends := links[2+i/maxUnclaimed]
		sends.SayWith(0, `{"type":"tomorrow"}`)
		answers(t, f, sends)
	}
	links[1].SayWith(0, `{"type":"tomorrow"}`) // has no room
	hears(t, links[1], "")
	for _, sent := range links[2 : 2+int(s.most/4)/maxUnclaimed] {
		sent.Close()
	}
	testkit.Eventually(t, func() error {
		if n := s.descriptors.Load(); n >= s.most {
			return fmt.Errorf("%d are counted", n)
		}
		return nil
	})
	answers(t, f, links[0])
	again := testkit.Connect(t, s.Path)
	again.Say(hello)
	answers(t, f, again)
	end()
	if s.descriptors.Load() != 0 {
		t.Errorf("%d are counted after the end", s.descriptors.Load())
	}
}

// All generations together have four times as many links.
func TestMostLinksOfAll(t *testing.T) {
	var last *testkit.Link
	for range 5 {
		s, f, _ := openWith(t, func(s *Session) { s.most = 2 }, os.Getpid())
		for range s.most {
			last = testkit.Connect(t, s.Path)
			last.Say(hello)
			if descriptors.Load() < 4*s.most {
				answers(t, f, last)
			}
		}
	}
	hears(t, last, "")
}

// Lines without an end have a bound together. The link whose line has no room ends, and the others go on.
func TestMostUnfinished(t *testing.T) {
	s, f, _ := open(t, os.Getpid())
	go func() {
		for range f.said {
		}
	}()
	long := `{"type":"number","n":1,"of":"` + strings.Repeat("x", maxLine-100)
	var links []*testkit.Link
	for ended := false; !ended; {
		a := testkit.Connect(t, s.Path)
		a.Say(hello)
		_, _ = a.Write([]byte(long))
		links = append(links, a)
		select {
		case <-f.left:
			ended = true
		default:
			if len(links) > 2*maxUnfinished/maxLine {
				t.Fatalf("%d links have %d bytes", len(links), s.unfinished.Load())
			}
		}
	}
	if len(links) < maxUnfinished/maxLine/2 {
		t.Errorf("a link of %d has ended", len(links))
	}
	links[0].Say(`"}`)
	hears(t, links[0], `{"type":"<&>x"}`)
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
		s := &Session{most: maxLinks}
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
				"socket": OnSocket(func() {}, func(_ number, s *Socket) { s.Close() }),
			}, func() {}
		})
		served := make(chan struct{})
		l := s.newLink(ours, nil)
		go l.write()
		go func() { defer close(served); s.serve(l) }()
		cut := min(int(at), len(text)) // a read may end anywhere, and a descriptor come with any part
		_, _, _ = theirs.WriteMsgUnix(text[:cut], unix.UnixRights(0), nil)
		_, _ = theirs.Write(text[cut:])
		theirs.Close()
		<-served
		if s.descriptors.Load() != 0 || s.unfinished.Load() != 0 {
			t.Errorf("%d descriptors and %d bytes are counted after the end", s.descriptors.Load(), s.unfinished.Load())
		}
	})
}
