package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

func isTerminal(f *os.File) bool {
	_, err := tty.Get(fd(f))
	return err == nil
}

// Through a pty and through a pipe every byte comes as it was written, and both
// streams in the order of the writes.
func TestBytesAndOrderAreKept(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		theirs, ours := pipe(t)
		if terminal {
			theirs, ours = screen(t)
			raw, err := tty.Get(fd(ours)) // so that the person's side shows what was written
			testkit.NoError(t, err)
			raw.Oflag &^= unix.OPOST
			testkit.NoError(t, raw.Set(fd(ours)))
		}
		r := read(t, theirs)
		c := New(Config{In: 0, Out: fd(ours), Err: fd(ours)})
		s := open(t, c, nil)
		p := inherit(t, s)
		if isTerminal(p.out) != terminal || isTerminal(p.err) != terminal {
			t.Errorf("terminal: %v %v, want %v", isTerminal(p.out), isTerminal(p.err), terminal)
		}
		var want []byte
		random := rand.NewChaCha8([32]byte{1})
		for i := range 400 {
			b := make([]byte, i%997)
			_, _ = random.Read(b)
			to := p.out
			if i%2 > 0 {
				to = p.err
			}
			say(t, to, string(b))
			want = append(want, b...)
		}
		say(t, p.out, "the end")
		if got := r.until("the end"); got != string(want)+"the end" {
			t.Errorf("terminal %v: %d bytes came of %d, or not those", terminal, len(got), len(want)+7)
		}
	}
}

// What the program wrote last is there before what we say after Flush, also if
// somebody else still has the stream.
func TestLastWordsComeFirst(t *testing.T) {
	for range 100 {
		theirs, ours := screen(t)
		r := read(t, theirs)
		c := New(Config{Out: fd(ours), Err: fd(ours)})
		s := open(t, c, nil)
		p := inherit(t, s)
		say(t, p.err, "Error: \x1b[31mno\x1b[0m\n")
		s.Flush()
		_, _ = c.Write([]byte("hotswap: crashed\n"))
		if got := r.until("crashed\r\n"); got != "Error: \x1b[31mno\x1b[0m\r\nhotswap: crashed\r\n" {
			t.Fatalf("%q", got)
		}
		if got := s.Last(); !slices.Equal(got, []string{"Error: no"}) {
			t.Fatalf("%q", got)
		}
		say(t, p.out, "a stray lives\n")
		r.until("a stray lives")
	}
}

// Our lines begin on a fresh line.
func TestOwnLinesAreLines(t *testing.T) {
	theirs, ours := pipe(t)
	r := read(t, theirs)
	c := New(Config{Out: fd(ours), Err: fd(ours)})
	p := inherit(t, open(t, c, nil))
	say(t, p.out, "prompt> ")
	r.until("prompt> ")
	_, _ = c.Write([]byte("own 1\n"))
	if got := r.until("own 1\n"); got != "\nown 1\n" {
		t.Errorf("%q", got)
	}
}

// A process that left the tree and keeps the streams keeps nobody: Close returns,
// and what it writes then fails.
func TestStrayKeepsNobody(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		theirs, ours := pipe(t)
		if terminal {
			theirs, ours = screen(t)
		}
		read(t, theirs)
		s := open(t, New(Config{Out: fd(ours), Err: fd(ours)}), nil)
		p := inherit(t, s)
		s.Close()
		for _, r := range s.relays {
			select {
			case <-r.done:
			case <-time.After(long):
				t.Fatal("the relay lives on")
			}
		}
		if _, err := p.err.WriteString("?"); !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.EIO) {
			t.Errorf("terminal %v: a write to nobody: %v", terminal, err)
		}
	}
}

// When our reader has gone, the program is told as it would be without us.
func TestGoneReaderIsPassedOn(t *testing.T) {
	theirs, ours := pipe(t)
	s := open(t, New(Config{Out: fd(ours), Err: fd(ours)}), nil)
	p := inherit(t, s)
	theirs.Close()
	say(t, p.out, "first\n")
	<-s.relays[0].done
	if _, err := p.out.WriteString("second\n"); !errors.Is(err, unix.EPIPE) {
		t.Errorf("%v, want EPIPE", err)
	}
}

// A reader that does not read holds up the program, and hotswap at its end, and gets all
// of it; also where a program has made our own stream non-blocking.
func TestPausedReader(t *testing.T) {
	for _, nonblocking := range []bool{false, true} {
		theirs, ours := pipe(t)
		c := New(Config{Out: fd(ours), Err: fd(ours)})
		s := open(t, c, nil)
		testkit.NoError(t, unix.SetNonblock(fd(ours), nonblocking))
		p := inherit(t, s)
		text := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16) // 1 MiB, more than two pipes and a chunk hold
		wrote := make(chan error)
		go func() {
			_, err := p.out.Write(text)
			wrote <- err
		}()
		s.Flush() // returns although nobody reads
		select {
		case err := <-wrote:
			t.Fatalf("the program was not held up: %v", err)
		default:
		}
		got := make([]byte, len(text))
		held := len(text) / 8 // less than is left behind when the program has ended
		if _, err := io.ReadFull(theirs, got[:len(text)-held]); err != nil {
			t.Error(err)
		}
		if err := <-wrote; err != nil {
			t.Error(err)
		}
		s.Close() // returns although the rest is unread
		ended := make(chan struct{})
		go func() { c.Wait(); close(ended) }()
		select {
		case <-ended:
			t.Error("hotswap ends although the rest is unread")
		default:
		}
		if _, err := io.ReadFull(theirs, got[len(text)-held:]); err != nil || !bytes.Equal(got, text) {
			t.Errorf("not all came, or not in order: %v", err)
		}
		<-ended
	}
}

// A generation leaves no descriptor and no goroutine.
func TestNothingIsLeft(t *testing.T) {
	theirs, ours := screen(t)
	outTheirs, out := pipe(t)
	r := read(t, theirs)
	read(t, outTheirs)
	c := New(Config{In: fd(ours), Out: fd(out), Err: fd(ours), Ready: regexp.MustCompile("x"), Keyboard: true})
	generation := func(i int) {
		s := testkit.Must(c.Open(1, false, func() {}, nil))(t)
		if i%5 > 0 { // the fifth fails to start
			fmt.Fprintf(s.theirs[0], "generation %d\n", i)
			s.Started()
			r.until(fmt.Sprintf("generation %d\r\n", i))
			s.Flush()
		}
		s.Close()
	}
	testkit.NothingLeft(t, 50, generation)
	for range c.live.Range {
		t.Error("some live on")
	}
}

// What a program writes that is started ahead comes when it may go on, all of it;
// or never. It cannot tell by its streams that it is.
func TestKeptBack(t *testing.T) {
	theirs, ours := screen(t)
	outTheirs, out := pipe(t)
	r, ro := read(t, theirs), read(t, outTheirs)
	c := New(Config{In: fd(ours), Out: fd(out), Err: fd(ours)})
	open := func() (*Streams, program) {
		s := testkit.Must(c.Open(1, true, func() {}, nil))(t)
		p := inherit(t, s)
		if _, err := unix.IoctlGetWinsize(fd(p.err), unix.TIOCGWINSZ); err != nil {
			t.Error("standard error is no terminal any more")
		}
		say(t, p.err, "banner\n")
		say(t, p.out, "output\n")
		return s, p
	}
	dropped, _ := open()
	dropped.Flush()
	dropped.Close()
	if last := dropped.Last(); !slices.Equal(last, []string{"banner"}) {
		t.Errorf("the last words are %q", last)
	}
	s, p := open()
	defer s.Close()
	fmt.Fprintln(c, "ours")
	if got := r.until("ours\r\n"); got != "ours\r\n" {
		t.Errorf("before it may go on there is %q", got)
	}
	s.Go()
	say(t, p.err, "more\n")
	say(t, p.out, "more\n")
	if got := r.until("more\r\n"); got != "banner\r\nmore\r\n" {
		t.Errorf("%q", got)
	}
	if got := ro.until("more\n"); got != "output\nmore\n" {
		t.Errorf("%q", got)
	}
	s.Flush()
}
