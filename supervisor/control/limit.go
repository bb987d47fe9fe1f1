package control

import (
	"context"
	"net"
	"os"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

// maxClients bounds the open connections; further ones are closed.
const maxClients = 32

// limitListener accepts this user and root only, and limits the number of open connections.
type limitListener struct {
	net.Listener
	places chan struct{} // has a token for each connection
}

func newLimitListener(l net.Listener) *limitListener {
	return &limitListener{l, make(chan struct{}, maxClients)}
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := accept.Next(context.Background(), l.Listener.Accept, nil)
		if err != nil {
			return nil, err
		}
		if allowed(conn) {
			select {
			case l.places <- struct{}{}:
				return &limitedConn{Conn: conn, release: sync.OnceFunc(func() { <-l.places })}, nil
			default:
			}
		}
		_ = conn.Close()
	}
}

// peerOf is replaced by tests.
var peerOf = peercred.Of

// allowed reports whether the peer is this user or root.
func allowed(c net.Conn) bool {
	uid, _, err := peerOf(c.(*net.UnixConn))
	return err == nil && (uid == 0 || uid == os.Geteuid())
}

// limitedConn releases its place when it is closed.
type limitedConn struct {
	net.Conn
	release func()
}

func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
