package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/accept"
)

// Variable names the socket to the program.
const Variable = "NOTIFY_SOCKET"

// Transport gives each generation a socket to say that it is ready.
type Transport struct {
	tmp *scratch.Folder // where the sockets' directories are made
}

var _ handoff.Transport = Transport{}

// New makes the transport, whose sockets are in tmp.
func New(tmp *scratch.Folder) Transport { return Transport{tmp: tmp} }

const (
	prefix = "notify-" // of the name of a socket's directory
	name   = "socket"
)

// Name is "notify".
func (t Transport) Name() string { return "notify" }

// Prepare opens the generation's socket.
func (t Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	dir, err := t.tmp.Make(prefix)
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	s := &session{gen: l.Gen, dir: dir}
	if s.conn, err = listen(dir); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("notify: %w", err)
	}
	s.receive = s.conn.ReadMsgUnix
	l.Env = append(Without(l.Env), Variable+"="+filepath.Join(dir, name))
	return s, nil
}

// listen opens the socket. If hotswap is root everybody may send who knows the path,
// for the program may have become another user; and nobody else knows it.
func listen(dir string) (*net.UnixConn, error) {
	at, bound := scratch.Bindable(dir, name)
	defer bound()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		err = errors.Join(os.Chmod(filepath.Join(dir, name), 0o777), os.Chmod(dir, 0o711))
	}
	if err == nil {
		err = passCredentials(conn)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// Without is env without what a service manager said to us alone: where to say
// READY=1 for the service, and how often a sign of life is wanted.
func Without(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return slices.Contains([]string{Variable, "WATCHDOG_USEC", "WATCHDOG_PID"}, key)
	})
}

type session struct {
	gen  handoff.GenID
	dir  string
	conn *net.UnixConn

	receive func(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) // conn's; a test has another one
}

// Close removes the socket.
func (s *session) Close() error {
	err := os.RemoveAll(s.dir) // first: what is there is somebody's
	if s.conn != nil {
		_ = s.conn.Close()
	}
	return err
}

// datagram is what was received, or that something is due to be told.
type datagram struct {
	b, oob []byte
	due    bool
}

// Run reports what the generation says.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	defer s.Close()
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	report(handoff.Unready{Gen: s.gen, Why: lacks})
	b, oob := make([]byte, maxMessage+1), make([]byte, controlSpace)
	var says pace
	read := func() (datagram, error) {
		n, oobn, _, _, err := s.receive(b, oob)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return datagram{due: true}, nil
		}
		if err != nil {
			return datagram{}, err
		}
		return datagram{b: b[:n], oob: oob[:oobn]}, nil
	}
	for {
		if m, ok := says.take(time.Now()); ok {
			s.tell(m, report)
		}
		_ = s.conn.SetReadDeadline(says.due())
		d, err := accept.Next(ctx, read, nil)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
		if d.due {
			continue
		}
		from, done := control(d.oob)
		if len(d.b) <= maxMessage && belongs(from, r.Tree) {
			says.add(Parse(d.b))
		}
		if m, ok := says.take(time.Now()); ok {
			s.tell(m, report)
		}
		done() // after the report: whoever waits at a barrier has been heard
	}
}

// lacks is what a generation lacks before it says READY=1.
const lacks = "it has not said READY=1"

func (s *session) tell(m Message, report func(handoff.Event)) {
	if m.Status != "" {
		report(handoff.Said{Gen: s.gen, Text: m.Status})
		report(handoff.Unready{Gen: s.gen, Why: lacks + ", its status is: " + m.Status})
	}
	if m.Extend > 0 {
		report(handoff.Extend{Gen: s.gen, By: m.Extend})
	}
	if m.Ready {
		report(handoff.Ready{Gen: s.gen, By: "notify"})
	}
	if m.Stopping {
		report(handoff.Said{Gen: s.gen, Text: "it is stopping"})
	}
}
