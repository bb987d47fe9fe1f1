//go:build linux

package e2e

import (
	"bufio"
	endian "encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// framer is a WebSocket's client that says which frames it sends, and when.
type framer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader

	mu sync.Mutex // guards writing: pongs go between
}

// Opcodes, RFC 6455, section 5.2.
const (
	opMore = iota
	opText
	opBinary
	opClose = 8
	opPing  = 9
	opPong  = 10
)

func dialFrames(t testing.TB, port, path, more string) *framer {
	t.Helper()
	return upgrade(t, testkit.Dial(t, "127.0.0.1:"+port), path, more)
}

// upgrade asks for a WebSocket on a connection; more are headers.
func upgrade(t testing.TB, conn net.Conn, path, more string) *framer {
	t.Helper()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n", path, more)
	f := &framer{t: t, conn: conn, in: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(f.in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %+v, %v", resp, err)
	}
	return f
}

// send writes one frame, in parts of at most so many bytes, with a pause after each.
func (f *framer) send(opcode byte, final bool, payload string, part int, pause time.Duration) {
	f.write(framed(opcode, final, payload), part, pause)
}

// framed is a frame as a client sends it.
func framed(opcode byte, final bool, payload string) []byte {
	if final {
		opcode |= 0x80
	}
	b := []byte{opcode, 0x80}
	switch n := len(payload); {
	case n < 126:
		b[1] |= byte(n)
	case n < 1<<16:
		b[1] |= 126
		b = endian.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = endian.BigEndian.AppendUint64(b, uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

func (f *framer) write(b []byte, part int, pause time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(b) > 0 {
		n := min(len(b), part)
		if _, err := f.conn.Write(b[:n]); err != nil {
			f.t.Errorf("write: %v", err)
			return
		}
		b = b[n:]
		if pause > 0 {
			time.Sleep(pause)
		}
	}
}

func (f *framer) say(text string) { f.send(opText, true, text, 1<<20, 0) }

// hear is the next message; a close frame is the end, and its code and reason the
// error.
func (f *framer) hear() (string, error) {
	_ = f.conn.SetDeadline(time.Now().Add(patience))
	var message strings.Builder
	for {
		opcode, final, payload, err := f.frame()
		if err != nil {
			return "", err
		}
		switch opcode {
		case opClose:
			return "", fmt.Errorf("closed: %d %s", endian.BigEndian.Uint16([]byte(payload+"\x00\x00")),
				payload[min(2, len(payload)):])
		case opPing:
			f.send(opPong, true, payload, 1<<20, 0)
		case opPong:
		default:
			message.WriteString(payload)
			if final {
				return message.String(), nil
			}
		}
	}
}

func (f *framer) frame() (opcode byte, final bool, payload string, err error) {
	var head [2]byte
	if _, err := io.ReadFull(f.in, head[:]); err != nil {
		return 0, false, "", err
	}
	n := uint64(head[1] & 0x7f)
	if wide := map[uint64]int{126: 2, 127: 8}[n]; wide > 0 {
		var b [8]byte
		if _, err := io.ReadFull(f.in, b[8-wide:]); err != nil {
			return 0, false, "", err
		}
		n = endian.BigEndian.Uint64(b[:])
	}
	if n > 1<<26 || head[0]&0x70 != 0 || head[1]&0x80 != 0 {
		return 0, false, "", fmt.Errorf("no frame of a server: %x", head)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(f.in, b)
	return head[0] & 0x0f, head[0]&0x80 != 0, string(b), err
}
