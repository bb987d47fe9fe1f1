package readiness

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

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// NotifySocket is the variable that names the socket to the program.
const NotifySocket = "NOTIFY_SOCKET"

// Notify returns a transport that gives each generation a notification socket in tmp.
func Notify(tmp *scratch.Folder) handoff.Transport { return notifyTransport{tmp} }

type notifyTransport struct{ tmp *scratch.Folder }

const (
	notifyDir  = "notify-" // prefix of the name of a socket's directory
	notifyName = "socket"
	// controlSpace has room for the most descriptors that a message can have (SCM_MAX_FD).
	controlSpace = 2048
)

func (notifyTransport) Name() string { return "notify" }

// Prepare opens the generation's socket.
func (t notifyTransport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	dir, err := t.tmp.Make(notifyDir)
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	s := &notifySession{gen: l.Gen, dir: dir}
	if s.conn, err = listenNotify(dir); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("notify: %w", err)
	}
	s.receive = s.conn.ReadMsgUnix
	l.Env = append(WithoutNotify(l.Env), NotifySocket+"="+filepath.Join(dir, notifyName))
	return s, nil
}

// listenNotify opens the socket. If hotswap is root, every user may send, because the program may have
// changed its user; the path is a secret.
func listenNotify(dir string) (*net.UnixConn, error) {
	at, bound := scratch.Bindable(dir, notifyName)
	defer bound()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		err = errors.Join(os.Chmod(filepath.Join(dir, notifyName), 0o777), os.Chmod(dir, 0o711))
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// WithoutNotify returns env without the variables that a service manager set for hotswap alone: each
// generation's READY=1 would be the service's.
func WithoutNotify(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return slices.Contains([]string{NotifySocket, "WATCHDOG_USEC", "WATCHDOG_PID"}, key)
	})
}

type notifySession struct {
	gen  handoff.GenID
	dir  string
	conn *net.UnixConn

	receive func(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) // conn's, except in a test
}

// Close removes the socket.
func (s *notifySession) Close() error {
	err := os.RemoveAll(s.dir) // before conn is closed, while the path cannot be another's
	if s.conn != nil {
		_ = s.conn.Close()
	}
	return err
}

// datagram is what was received, or nothing when a report is due.
type datagram struct {
	b, oob []byte
	due    bool
}

// Run reports the messages of the generation.
func (s *notifySession) Run(ctx context.Context, _ handoff.Running, report func(handoff.Event)) error {
	defer s.Close()
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	report(handoff.Unready{Gen: s.gen, Why: notReady})
	b, oob := make([]byte, maxMessage+1), make([]byte, controlSpace)
	var messages merger
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
	flush := func() {
		if m, ok := messages.take(time.Now()); ok {
			s.report(m, report)
		}
	}
	for {
		flush()
		_ = s.conn.SetReadDeadline(messages.due())
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
		if len(d.b) <= maxMessage {
			messages.add(parseMessage(d.b))
		}
		flush()
		for _, fd := range rights.Parse(d.oob) { // after the report, so that a barrier covers all earlier messages
			_ = unix.Close(fd)
		}
	}
}

const notReady = "it has not said READY=1"

func (s *notifySession) report(m message, report func(handoff.Event)) {
	if m.Status != "" {
		report(handoff.Status{Gen: s.gen, Text: m.Status})
		report(handoff.Unready{Gen: s.gen, Why: notReady + ", its status is: " + m.Status})
	}
	if m.Extend > 0 {
		report(handoff.ExtendTimeout{Gen: s.gen, By: m.Extend})
	}
	if m.Ready {
		report(handoff.Ready{Gen: s.gen, By: "notify"})
	}
	if m.Stopping {
		report(handoff.Status{Gen: s.gen, Text: "it is stopping"})
	}
}
