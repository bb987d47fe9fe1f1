package listenfds

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

func TestStoredComeBehindPassed(t *testing.T) {
	for name, c := range map[string]struct {
		passed []Passed
		env    []string
		stored []string
		want   []string
		at     []int
	}{
		"nothing":       {nil, []string{"A=1"}, nil, []string{"A=1"}, nil},
		"nothing new":   {[]Passed{{Name: "web", FD: 1}}, nil, nil, []string{"LISTEN_FDS=1", "LISTEN_FDNAMES=web", "LISTEN_FDS_FIRST_FD=200", "SERVER_STARTER_PORT="}, nil},
		"alone":         {nil, []string{"A=1"}, []string{"db", "db"}, []string{"A=1", "LISTEN_FDS=2", "LISTEN_FDNAMES=db:db"}, []int{3, 4}},
		"of hotswap's":  {nil, []string{"LISTEN_FDS=7", "LISTEN_FDNAMES=a"}, []string{"db"}, []string{"LISTEN_FDS=1", "LISTEN_FDNAMES=db"}, []int{3}},
		"behind passed": {[]Passed{{Name: "web", FD: 1}}, nil, []string{"db"}, []string{"LISTEN_FDS=2", "LISTEN_FDNAMES=web:db", "SERVER_STARTER_PORT="}, []int{4}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &handoff.Launch{Env: c.env}
			if len(c.passed) > 0 { // as Transport.Prepare does it
				l.Env, l.ListenPID = append(Without(l.Env), Variables(c.passed)...), true
			}
			var fds []int
			session, err := Stored(func() ([]string, []int, error) {
				for range c.stored {
					fd, err := unix.Dup(int(os.Stdin.Fd()))
					if err != nil {
						t.Fatal(err)
					}
					fds = append(fds, fd)
				}
				return c.stored, fds, nil
			}).Prepare(l)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(l.Env, c.want) || l.ListenPID != (len(c.passed)+len(c.stored) > 0) {
				t.Errorf("%q, want %q; ListenPID %v", l.Env, c.want, l.ListenPID)
			}
			var at []int
			for i, f := range l.Files {
				at = append(at, f.At)
				if f.FD != fds[i] {
					t.Errorf("descriptor %d at %d, want %d", f.FD, f.At, fds[i])
				}
			}
			if !slices.Equal(at, c.at) {
				t.Errorf("at %v, want %v", at, c.at)
			}
			// From now on the program has its own: a duplicate would keep a connection open.
			if err := session.Run(context.Background(), handoff.Running{}, nil); err != nil {
				t.Error(err)
			}
			for _, fd := range fds {
				if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
					t.Errorf("descriptor %d is open", fd)
				}
			}
		})
	}
	if _, err := Stored(func() ([]string, []int, error) { return nil, nil, errors.New("too many open files") }).Prepare(&handoff.Launch{}); err == nil {
		t.Error("started without its descriptors")
	}
}
