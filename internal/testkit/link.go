package testkit

import (
	"bufio"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Link is one between hotswap and an adapter, of which a test plays an end.
type Link struct {
	*net.UnixConn
	t     *testing.T
	in    *rights.Reader
	lines *bufio.Scanner
}

// Connect returns a new link to the socket.
func Connect(t *testing.T, path string) *Link {
	t.Helper()
	return LinkOf(t, Must(net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"}))(t))
}

// LinkOf returns the end of a link.
func LinkOf(t *testing.T, conn *net.UnixConn) *Link {
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(Patience))
	in := &rights.Reader{Conn: conn}
	return &Link{conn, t, in, bufio.NewScanner(in)}
}

// Say writes lines. The other end may have gone.
func (a *Link) Say(lines ...string) {
	a.t.Helper()
	_, err := a.Write([]byte(strings.Join(lines, "\n") + "\n"))
	a.wrote(err)
}

// SayWith writes a line in two parts, with a descriptor in the first.
func (a *Link) SayWith(fd int, line string) {
	a.t.Helper()
	half := len(line) / 2
	_, _, err := a.WriteMsgUnix([]byte(line[:half]), unix.UnixRights(fd), nil)
	a.wrote(err)
	a.Say(line[half:])
}

func (a *Link) wrote(err error) {
	a.t.Helper()
	if err != nil && !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
		a.t.Error(err)
	}
}

// Hear returns the next line; "": the other end has gone.
func (a *Link) Hear() string {
	a.t.Helper()
	if !a.lines.Scan() && errors.Is(a.lines.Err(), os.ErrDeadlineExceeded) {
		a.t.Error("nothing comes")
	}
	return a.lines.Text()
}

// HearInto decodes the next line but got. It returns false if the other end has gone.
func (a *Link) HearInto(message any) bool {
	a.t.Helper()
	line := a.Hear()
	for strings.HasPrefix(line, `{"type":"got"`) {
		line = a.Hear()
	}
	if line != "" {
		NoError(a.t, json.Unmarshal([]byte(line), message))
	}
	return line != ""
}

// FD returns the next descriptor that has come, which the caller owns; -1: there is none.
func (a *Link) FD() int {
	if len(a.in.FDs) == 0 {
		return -1
	}
	fd := a.in.FDs[0]
	a.in.FDs = a.in.FDs[1:]
	return fd
}
