package reuseport

import (
	"errors"
	"slices"
	"sync"
	"testing"
)

// __inet_hash (net/ipv4/inet_hashtables.c) puts a listener of IPv4 at the head of its list and one of IPv6 with
// SO_REUSEPORT at the end. sock_diag tells V6ONLY of listeners (inet_diag_msg_attrs_fill).
func TestListenersAreInTheOrderOfListening(t *testing.T) {
	for _, c := range []struct {
		ip     string
		v6only bool
	}{{"127.0.0.1", false}, {"0.0.0.0", false}, {"::1", true}, {"::1", false}, {"::", false}, {"::", true}, {"::ffff:127.0.0.1", false}} {
		e := endpoint(t, c.ip, c.v6only)
		bound := gates(t, e, 4)
		var want []uint64
		for _, fd := range []int{bound[2], bound[0], bound[3], bound[1]} {
			listen(t, fd)
			inode, _, err := kernel.Inode(fd)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, inode)
		}
		all, err := kernel.Listeners(false, e.Port())
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, l := range all {
			got = append(got, l.Inode)
			if !l.at(e) || l.Device {
				t.Errorf("%+v, want %v", l, e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", e, got, want)
		}
	}
}

// Of several hotswaps that begin to listen at the same time at most one does.
func TestNoTwoOfSeveralGetThePort(t *testing.T) {
	for range 20 {
		e := endpoint(t, "127.0.0.1", false)
		var (
			all    sync.WaitGroup
			begin  = make(chan struct{})
			result = make(chan error, 4)
		)
		for range cap(result) {
			r := NewRegistry(kernel)
			t.Cleanup(func() { r.Close() })
			all.Go(func() {
				<-begin
				result <- r.Declare(e, 0)
			})
		}
		close(begin)
		all.Wait()
		close(result)
		got := 0
		for err := range result {
			if err == nil {
				got++
			} else if !errors.Is(err, ErrTaken) {
				t.Error(err)
			}
		}
		if got > 1 {
			t.Errorf("%d have the port", got)
		}
	}
}
