package control

import (
	"context"
	"net"
	"os"

	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

const (
	maxClients = 64 // open connections (web.LimitConnections)
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

// process returns the peer's process.
func process(c net.Conn) int {
	_, pid, _ := peerOf(c.(*net.UnixConn)) // 0: the kernel does not tell
	return pid
}

// allowed reports whether the peer is this user or root.
func allowed(c net.Conn) bool {
	uid, _, err := peerOf(c.(*net.UnixConn))
	return err == nil && (uid == 0 || uid == os.Geteuid())
}
