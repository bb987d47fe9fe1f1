package console

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Programs that end while nobody reads leave relays behind, but only so many. The reader gets the output of
// those when it reads again, and hotswap says that the rest is lost.
func TestRelaysOfEndedProgramsAreBounded(t *testing.T) {
	theirs, ours := pipe(t)
	testkit.Must(unix.FcntlInt(ours.Fd(), unix.F_SETPIPE_SZ, 4096))(t)
	lost := 0
	c := New(Config{Out: fd(ours), Err: fd(ours), Lost: func() { lost++ }})
	end := func(last string) *relay {
		s := open(t, c, nil)
		p := inherit(t, s)
		say(t, p.out, last)
		p.out.Close()
		p.err.Close()
		s.Close()
		return s.relays[0]
	}
	late := []*relay{end(string(make([]byte, 16<<10)))} // it waits for the reader from now on
	for range maxLate - 1 {
		late = append(late, end("last words\n"))
	}
	if lost != 0 {
		t.Errorf("output of %d programs is lost", lost)
	}
	for range 2 {
		<-end("nobody hears\n").done // although nobody reads
	}
	if lost != 2 {
		t.Errorf("it was said %d times that output is lost", lost)
	}
	r := read(t, theirs)
	for range late[1:] {
		r.until("last words\n")
	}
	for _, r := range late {
		<-r.done
	}
}
