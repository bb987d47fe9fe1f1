package events

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func write(t *testing.T, s *Stream, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		fmt.Fprintf(s, `{"n":%d,"message":"%0900d"}`+"\n", n, n)
	}
}

type line struct {
	N, Lines int
	Event    string
	Cut      bool
	Files    []string
}

func read(t *testing.T, text string) (l line) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return l
}

func TestIDsAreOfOneProcess(t *testing.T) {
	s, other := New(), New()
	write(t, s, 1, 3)
	write(t, other, 1, 3)
	all := s.Next(t.Context(), "")
	if len(all) != 3 {
		t.Fatalf("%d events", len(all))
	}
	for after, want := range map[string]int{"": 1, all[0].ID: 2, all[1].ID: 3, other.Next(t.Context(), "")[1].ID: 1} {
		if got := read(t, string(s.Next(t.Context(), after)[0].Data)); got.N != want {
			t.Errorf("after %q comes %d, want %d", after, got.N, want)
		}
	}
	s.End()
	if got := s.Next(t.Context(), all[2].ID); len(got) > 0 {
		t.Errorf("after the end: %v", got)
	}
}

func TestALongLineLosesItsLists(t *testing.T) {
	s := New()
	files := testkit.Must(json.Marshal(strings.Split(strings.Repeat("src/a.ts ", 10_000), " ")))(t)
	fmt.Fprintf(s, `{"event":"serving","n":7,"files":%s}`, files)
	if got := s.Next(t.Context(), "")[0].Data; read(t, string(got)).N != 7 || !read(t, string(got)).Cut ||
		len(got) > 100 {
		t.Errorf("%s", got)
	}
}

// Readers that stop, of a FIFO and by Next, delay nobody and cost no memory. They learn how many events they have
// missed.
func TestReadersThatStop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	testkit.NoError(t, syscall.Mkfifo(path, 0o600))
	to := testkit.Must(Open(path))(t)
	s := New()
	wait := s.Follow(to, func(err error, _ bool) { t.Error(err) })
	write(t, s, 1, 1)
	first := s.Next(t.Context(), "")[0].ID
	const all = 20_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	write(t, s, 2, all)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4*room {
		t.Errorf("%d bytes more", grown)
	}
	if got := s.Next(t.Context(), first); len(got) != portion+1 || got[0].ID != "" ||
		read(t, string(got[0].Data)).Lines+2 != read(t, string(got[1].Data)).N {
		t.Errorf("%s", got[0].Data)
	}
	f := testkit.Must(os.Open(path))(t)
	defer f.Close()
	lines, missed, last := 0, 0, 0
	for in := bufio.NewScanner(f); last < all && in.Scan(); {
		switch l := read(t, in.Text()); {
		case l.Event == "missed":
			missed += l.Lines
		case l.N != lines+missed+1:
			t.Fatalf("%d after %d lines and %d missed", l.N, lines, missed)
		default:
			lines, last = lines+1, l.N
		}
	}
	if missed == 0 || last != all {
		t.Errorf("%d lines, %d missed, the last is %d", lines, missed, last)
	}
	s.End()
	wait()
}

// What events tell is for their user alone.
func TestFileOfEventsIsTheUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f := testkit.Must(Open(path))(t)
	defer f.Close()
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil { // a full disk may have room again
		s := New()
		said := make(chan bool, 9)
		s.Follow(full, func(_ error, waits bool) { said <- waits })
		write(t, s, 1, 1)
		if !<-said {
			t.Error("a full disk ends all events")
		}
		s.End()
	}
}
