//go:build unix

package child

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// If the connection alone breaks, the lease is asked for again, and hotswap hears when nothing runs under the
// old claim any more, and not before.
func TestLeaseOverLostConnections(t *testing.T) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(shortDir(t), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := newClient(l.Addr().String())
	begun, lost, ends, over := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		over <- have(background(t), c, "cron", func(ctx context.Context) error {
			begun <- struct{}{}
			select {
			case <-ctx.Done():
				if !errors.Is(context.Cause(ctx), ErrGone) {
					t.Errorf("it ends: %v", context.Cause(ctx))
				}
				close(lost)
				<-ends
				return nil
			case <-ends:
				return nil
			}
		})
	}()
	lose := func(s *counterpart) {
		s.says(`{"id":1,"version":1,"generation":1}` + "\n")
		s.conn.Close()
	}
	waiting := accept(t, l)
	claim := waiting.hearsLease(2, "cron")
	lose(waiting)

	// again hears that a claim has ended, and the next one, in any order.
	again := func(s *counterpart, ended string) (claim string) {
		var lines []string
		for range 3 {
			line, err := s.in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			id, line, _ := strings.Cut(strings.TrimSpace(line), ",")
			if line == `"op":"cancel"}` {
				s.says(id + `,"error":"the request was cancelled","code":"canceled"}` + "\n")
			}
			if _, c, ok := strings.Cut(line, `"claim":`); ok {
				claim, line = strings.TrimSuffix(c, "}"), "claim"
			}
			lines = append(lines, line)
		}
		slices.Sort(lines)
		if want := []string{`"op":"cancel"}`, `"op":"lease","name":"cron","ended":` + ended + `}`, "claim"}; !slices.Equal(lines, want) {
			t.Fatalf("%q, want %q", lines, want)
		}
		return claim
	}
	second := accept(t, l)
	claim = again(second, claim)
	second.says(`{"id":2,"event":"granted"}` + "\n" + `{"id":3,"event":"granted"}` + "\n" + `{"id":4,"event":"granted"}` + "\n")
	<-begun
	if conn := c.conn.Load(); conn.dead.Load() {
		t.Fatal("the connection has ended")
	}
	lose(second)
	<-lost
	select {
	case <-begun:
		t.Fatal("it runs twice")
	case ends <- struct{}{}:
	}
	third := accept(t, l)
	again(third, claim)
	third.says(`{"id":1,"version":1,"generation":1}` + "\n" + `{"id":2,"event":"granted"}` + "\n" + `{"id":3,"event":"granted"}` + "\n" + `{"id":4,"event":"granted"}` + "\n")
	<-begun
	ends <- struct{}{}
	if err := <-over; err != nil {
		t.Error(err)
	}
}

// Without a hotswap there is nobody to ask again.
func TestLeaseWithoutHotswap(t *testing.T) {
	c, s := meet(t)
	over := make(chan error, 1)
	go func() {
		over <- have(background(t), c, "cron", func(ctx context.Context) error { <-ctx.Done(); return nil })
	}()
	s.hearsLease(2, "cron")
	s.says(`{"id":1,"version":1,"generation":1}` + "\n" + `{"id":2,"event":"granted"}` + "\n")
	s.conn.Close()
	if err := <-over; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}
