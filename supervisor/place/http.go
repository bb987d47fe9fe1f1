package place

import (
	"context"
	"io"
	"net"
)

// serveHTTP serves a connection whose first byte does not begin a line of JSON, until its client or the
// generation goes.
func (ses *Session) serveHTTP(_ context.Context, conn net.Conn) {
	_, _ = io.WriteString(conn, "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}
