package node

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// send ends a WebSocket between two messages, as its server would: with a close frame,
// after which the client closes.
func (g CloseReason) send(s *wire.Socket) {
	f := os.NewFile(uintptr(s.FD), "websocket") // owns the descriptor
	conn, err := net.FileConn(f)
	_ = f.Close()
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(wait.Reply))
	if _, err := conn.Write(g.frame()); err != nil {
		return
	}
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	// Closed with bytes unread it would be reset, and the client might lose the frame.
	_, _ = io.Copy(io.Discard, conn)
}

// frame is the close frame of a server, RFC 6455, section 5.5.1.
func (g CloseReason) frame() []byte {
	reason := g.Reason[:min(len(g.Reason), 123)]
	b := []byte{0x88, byte(2 + len(reason)), 0, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(g.Code))
	return append(b, reason...)
}
