// Package accept accepts connections until their listener is closed.
//
// accept(2) may fail for a while: no descriptor is left (EMFILE, ENFILE), no memory (ENOBUFS, ENOMEM), the client has
// gone (ECONNABORTED), the network is down. A server that returns then never serves again. So every accept loop of
// hotswap pauses and tries again, and so do loops that receive messages (recvmsg(2), ENOMEM).
package accept

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// shortest is the first pause of a row of errors, and longest the last.
const (
	shortest = 5 * time.Millisecond
	longest  = 200 * shortest
)

// Next returns the next connection or message. Its error is net.ErrClosed, that of a deadline, or the cause of ctx's
// end.
func Next[C any](ctx context.Context, accept func() (C, error)) (C, error) {
	for pause := shortest; ; pause = min(2*pause, longest) {
		conn, err := accept()
		if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return conn, err
		}
		if wait.For(ctx, pause) != nil {
			return conn, context.Cause(ctx)
		}
	}
}
