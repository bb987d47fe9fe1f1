package reuseport

import (
	"errors"
	"sync"
	"testing"
)

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
