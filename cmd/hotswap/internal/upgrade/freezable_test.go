package upgrade

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// piece is a part that writes down what is asked of it.
type piece struct {
	name  string
	fails bool
	fds   []int
	log   *[]string
}

func (p piece) Name() string { return p.name }

func (p piece) note(what string) { *p.log = append(*p.log, what+" "+p.name) }

func (p piece) Freeze() (any, []int, error) {
	p.note("freeze")
	if p.fails {
		return nil, nil, errors.New("it moves")
	}
	return map[string]string{"is": p.name}, p.fds, nil
}

func (p piece) Thaw() error {
	p.note("thaw")
	if p.fails {
		return errors.New("it is stuck")
	}
	return nil
}

func (p piece) Release() { p.note("release") }

func listOf(log *[]string, pieces ...piece) (all []Freezable) {
	for _, p := range pieces {
		p.log = log
		all = append(all, p)
	}
	return all
}

// A part that cannot be frozen has all before it thawed, and nothing after it touched.
func TestFreezeFails(t *testing.T) {
	var log []string
	_, _, err := freeze(listOf(&log, piece{name: "a"}, piece{name: "b"}, piece{name: "c", fails: true}, piece{name: "d"}))
	if want := "freeze a, freeze b, freeze c, thaw c, thaw b, thaw a"; strings.Join(log, ", ") != want {
		t.Errorf("%q, want %q", log, want)
	}
	if err == nil || err.Error() != "it moves\nc: it is stuck" {
		t.Errorf("%v", err)
	}
}

// What the parts leave comes to the parts of their names, descriptors too. What nobody takes is closed.
func TestStateTravels(t *testing.T) {
	file := func(text string) int {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.WriteString(text)
		_ = w.Close()
		t.Cleanup(func() { _ = r.Close() })
		return int(r.Fd())
	}
	var log []string
	many := make([]int, 600) // more than a message may have
	for i := range many {
		many[i] = file(fmt.Sprint(i))
	}
	parts := listOf(&log, piece{name: "none"}, piece{name: "<two>", fds: []int{file("x"), file("y")}}, piece{name: "many", fds: many}, piece{name: "unknown", fds: []int{file("z")}})
	frozen, fds, err := freeze(parts)
	if err != nil {
		t.Fatal(err)
	}
	since := time.Now().Round(0)
	f, err := state[any]{protocol, since, frozen}.file()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ours, theirs, err := rights.Stream()
	if err != nil {
		t.Fatal(err)
	}
	conn, _ := rights.Conn(theirs)
	defer conn.Close()
	if err := rights.SendFiles(ours, fds); err != nil { // before anybody reads
		t.Fatal(err)
	}
	_ = ours.Close()
	s, err := read(f)
	if err != nil || !s.Since.Equal(since) {
		t.Fatalf("%+v, %v", s, err)
	}
	came, err := rights.ReceiveFiles(conn, len(fds))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rights.ReceiveFiles(conn, 1); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	all := deal(s.Parts, came)
	for name, want := range map[string][]string{"none": nil, "<two>": {"x", "y"}, "many": {"0", "1"}, "of another version": nil} {
		var is map[string]string
		fds, err := all.take(name, &is)
		var got []string
		for _, fd := range fds {
			f := os.NewFile(uintptr(fd), "")
			b, _ := io.ReadAll(f)
			got = append(got, string(b))
			_ = f.Close()
		}
		if err != nil || len(got) < len(want) || !reflect.DeepEqual(got[:len(want)], want) || is["is"] != name && want != nil {
			t.Errorf("%s: %q of %q, %v", name, got, is, err)
		}
	}
	last := all["unknown"].fds[0]
	all.discard()
	if _, err := syscall.Read(last, make([]byte, 1)); err == nil {
		t.Error("a descriptor that nobody takes stays open")
	}
	if fds, err := all.take("unknown", nil); fds != nil || err != nil {
		t.Error("it can be taken")
	}
}

// What a child has not read is open nowhere.
func TestUnreadDescriptorsAreClosed(t *testing.T) {
	ours, theirs, err := rights.Stream()
	if err != nil {
		t.Fatal(err)
	}
	dup, err := syscall.Dup(int(theirs.Fd())) // as tableflip keeps one
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(dup)
	r, w, _ := os.Pipe()
	defer r.Close()
	if err := rights.SendFiles(ours, []int{int(w.Fd())}); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	discardUnread(ours, theirs)
	_ = r.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := r.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("%v", err)
	}
}

func TestAnotherProtocol(t *testing.T) {
	f, err := state[any]{Protocol: protocol - 1}.file()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := read(f); !errors.Is(err, errProtocol) {
		t.Error(err)
	}
	empty, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if _, err := read(empty); err == nil {
		t.Error("nothing was understood")
	}
}
