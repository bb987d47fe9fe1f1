package console

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Programs that end while nobody reads leave relays behind, but only so many. The
// reader gets the output of those when it reads again.
func TestRelaysOfEndedProgramsAreBounded(t *testing.T) {
	theirs, ours := pipe(t)
	if _, err := unix.FcntlInt(ours.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Out: fd(ours), Err: fd(ours)})
	first := open(t, c, nil)
	p := inherit(t, first)
	say(t, p.out, string(make([]byte, 16<<10))) // the relay waits for the reader from now on
	p.out.Close()
	p.err.Close()
	first.Close()

	var late []*Streams
	lost := 0
	for range maxLate + 2 {
		s := open(t, c, nil)
		p := inherit(t, s)
		say(t, p.out, "last words\n")
		p.out.Close()
		p.err.Close()
		if s.Close() {
			late = append(late, s)
		} else {
			lost++
			<-s.relays[0].done // it has ended, although nobody reads
		}
	}
	if len(late) != maxLate-1 || lost != 3 {
		t.Errorf("%d relays wait besides the first, and %d have given up", len(late), lost)
	}
	r := read(t, theirs)
	for range late {
		r.until("last words\n")
	}
	for _, s := range append(late, first) {
		<-s.relays[0].done
	}
	if n := c.err.late.Load(); n != 0 {
		t.Errorf("%d relays count as waiting", n)
	}
}
