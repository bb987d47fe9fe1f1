// Package accept accepts connections until their listener is closed.
//
// accept(2) fails while the listener is well: no descriptor is left (EMFILE, ENFILE),
// no memory (ENOBUFS, ENOMEM), the client has gone (ECONNABORTED), the network is down.
// A server that returns then serves nobody any more, and nobody notices. So every
// accept loop of hotswap waits a while and tries again. So does what receives messages
// from a socket (recvmsg(2), ENOMEM).
package accept

import (
	"context"
	"errors"
	"net"
	"time"
)

// Pauses after errors that follow each other: the first, and the longest.
const (
	shortest = 5 * time.Millisecond
	longest  = time.Second
)

// Next returns the next connection, or message. An error is net.ErrClosed, or ctx's end. failed, if
// not nil, is told each other error, before the pause.
func Next[C any](ctx context.Context, accept func() (C, error), failed func(error)) (C, error) {
	for pause := shortest; ; pause = min(2*pause, longest) {
		conn, err := accept()
		if err == nil || errors.Is(err, net.ErrClosed) {
			return conn, err
		}
		if failed != nil {
			failed(err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return conn, context.Cause(ctx)
		}
	}
}
