package control

import (
	"context"
	"net"
	"os"

	"github.com/hotswap-dev/hotswap/internal/accept"
)

const (
	// maxClients is how many connections of clients that may ask are open at
	// once; further ones are closed at once.
	maxClients = 32
	// maxStrangers is the same for other users, whose only answer is that they
	// may not ask. They never take a client's place.
	maxStrangers = 4
)

// limitListener bounds the connections that are open. It asks the kernel who
// connected before it gives a place away.
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

// peerOf is peer; tests have others.
var peerOf = peer

// allowed reports whether the process that connected is this user's or root's.
func allowed(c net.Conn) bool {
	uid, _, err := peerOf(c)
	return err == nil && (uid == 0 || uid == os.Geteuid())
}

// limitedConn gives its place back when it is closed, once.
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
