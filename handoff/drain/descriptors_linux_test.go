package drain

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Where hotswap has no descriptor left for a moment, no connection counts as closed, and no program as idle.
func TestNoDescriptorLeft(t *testing.T) {
	e := newEnds(t)
	e.ask("request")
	cfg := e.config()
	d, o := New(cfg), newPidfdObserver(cfg.Endpoints)
	defer o.close()
	d.discover(o)
	d.look(o, d.conns, new(Report))
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next := testkit.Must(unix.FcntlInt(uintptr(e.fd), unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
	testkit.NoError(t, unix.Close(next))
	for name, asks := range map[string]func(){
		"a look":      func() {},
		"a discovery": func() { o.discover([]int{os.Getpid()}, d.conns) },
	} {
		r := Report{}
		d.short = false
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
		asks()
		d.pass(o, &r, true)
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
		if r.Busy != 1 || d.someLost() || !d.short {
			t.Errorf("%s: %+v, lost %v, short %v", name, r, d.someLost(), d.short)
		}
		o.discover([]int{os.Getpid()}, d.conns)
		if d.pass(o, &r, true); len(d.conns) != 1 || d.someLost() {
			t.Errorf("%s: %d connections are found again, lost %v", name, len(d.conns), d.someLost())
		}
	}
}
