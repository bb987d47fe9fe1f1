package control

import (
	"context"
	"net"
	"os"

	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

const (
	maxClients = 64 // open connections; for one more, the one closes that has said nothing for longest
	maxWaiting = 40 // of these, clients that read, hold changes back or wait for a swap, so that [Instance].Stop finds a connection
)

// ownListener closes the connections of other users.
type ownListener struct{ net.Listener }

func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := accept.Next(context.Background(), l.Listener.Accept)
		if err != nil || allowed(conn) {
			return conn, err
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
