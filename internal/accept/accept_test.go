package accept

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// What accept(2) may fail with while the listener is well.
func TestOnlyCloseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs []error
		for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
			syscall.ECONNABORTED, syscall.EPERM, syscall.ENETDOWN, syscall.EPROTO, syscall.EMFILE, syscall.EMFILE} {
			errs = append(errs, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", e)})
		}
		want := len(errs)
		var at []time.Duration
		begun := time.Now()
		conn, other := net.Pipe()
		defer other.Close()
		accept := func() (net.Conn, error) {
			at = append(at, time.Since(begun))
			if len(errs) == 0 {
				return conn, nil
			}
			err := errs[0]
			errs = errs[1:]
			return nil, err
		}
		got, err := Next(t.Context(), accept)
		if err != nil || got != conn || len(at) != want+1 {
			t.Fatalf("%v, %v, tried %d times", got, err, len(at))
		}
		ms := time.Millisecond
		if want := []time.Duration{0, 5 * ms, 15 * ms, 35 * ms, 75 * ms, 155 * ms, 315 * ms, 635 * ms, 1275 * ms,
			2275 * ms, 3275 * ms}; !slices.Equal(at, want) {
			t.Errorf("tried at %v, want %v", at, want)
		}
		if _, err := Next(t.Context(), func() (net.Conn, error) {
			return nil, &net.OpError{Op: "accept", Err: net.ErrClosed}
		}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		_, err := Next(ctx, func() (net.Conn, error) { return nil, syscall.EMFILE })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}
