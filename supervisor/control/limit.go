package control

import (
	"context"
	"net"
	"os"

	"github.com/hotswap-dev/hotswap/internal/accept"
)

const (
	maxClients   = 32 // open connections of this user and root; further ones are closed
	maxStrangers = 4  // the same for other users, who only get error 403
)

// limitListener limits the number of open connections, separately for those allowed
// and for other users.
type limitListener struct {
	net.Listener
	clients, strangers chan struct{}
}

func newLimitListener(l net.Listener) *limitListener {
	return &limitListener{l, make(chan struct{}, maxClients), make(chan struct{}, maxStrangers)}
}

func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := accept.Next(context.Background(), l.Listener.Accept, nil)
		if err != nil {
			return nil, err
		}
		places, ok := l.strangers, allowed(conn)
		if ok {
			places = l.clients
		}
		select {
		case places <- struct{}{}:
			return &limitedConn{UnixConn: conn.(*net.UnixConn), allowed: ok, places: places}, nil
		default:
			_ = conn.Close()
		}
	}
}

// peerOf is replaced by tests.
var peerOf = peer

// allowed reports whether the peer is this user or root.
func allowed(c net.Conn) bool {
	uid, _, err := peerOf(c)
	return err == nil && (uid == 0 || uid == os.Geteuid())
}

// limitedConn releases its place when it is first closed.
type limitedConn struct {
	*net.UnixConn
	allowed bool // constant
	places  chan struct{}
}

func (c *limitedConn) Close() error {
	err := c.UnixConn.Close()
	if err == nil { // the second time it is net.ErrClosed
		<-c.places
	}
	return err
}
