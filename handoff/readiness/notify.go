package readiness

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// NotifySocket is the variable that names the socket to the program.
const NotifySocket = "NOTIFY_SOCKET"

// WatchdogInterval is the variable that names the interval of the manager's watchdog, in microseconds.
const WatchdogInterval = "WATCHDOG_USEC"

// Notify returns a transport that gives each generation a notification socket in tmp, and the interval of the service
// manager's watchdog, if there is one.
func Notify(tmp *scratch.Folder, interval string) handoff.Transport {
	return notifyTransport{tmp, interval}
}

type notifyTransport struct {
	tmp      *scratch.Folder
	interval string // "": there is no watchdog
}

const notifyName = "socket"

func (t notifyTransport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	s := &notifySession{gen: l.Gen}
	var err error
	s.dir, err = t.tmp.Socket("notify-", notifyName, func(path string) (err error) {
		s.conn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("notify: %w", err)
	}
	l.Env = append(WithoutNotify(l.Env), NotifySocket+"="+filepath.Join(s.dir, notifyName))
	if t.interval != "" {
		l.Env = append(l.Env, WatchdogInterval+"="+t.interval)
	}
	return s, nil
}

// WithoutNotify returns env without the variables that a service manager set for hotswap alone: each
// generation's READY=1 would be the service's.
func WithoutNotify(env []string) []string {
	return handoff.Without(env, NotifySocket, WatchdogInterval, "WATCHDOG_PID")
}

type notifySession struct {
	gen  handoff.GenID
	dir  string
	conn *net.UnixConn
}

func (s *notifySession) Close() error {
	err := os.RemoveAll(s.dir) // before conn is closed, while the path cannot be another's
	s.conn.Close()
	return err
}

// Run reports the messages of the generation until it is ready. Then only words to the watchdog count, and descriptors
// are closed.
func (s *notifySession) Run(ctx context.Context, _ handoff.Running, report func(handoff.Event)) error {
	defer s.Close()
	defer context.AfterFunc(ctx, func() { _ = s.conn.Close() })()
	report(handoff.Unready{Gen: s.gen, Why: "it has not said READY=1"})
	b, from := make([]byte, maxMessage+1), rights.Reader{Conn: s.conn}
	said := false
	for {
		n, err := accept.Next(ctx, func() (int, error) { return from.Read(b) })
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("notify: %w", err)
		}
		late := time.Duration(0)
		if n <= maxMessage {
			ready, alive := parseMessage(b[:n])
			if alive != "" {
				report(handoff.Alive{Gen: s.gen, Word: alive})
				late = wait.Poll // each report costs the supervisor's loop a step
			}
			if ready && !said {
				said = true
				report(handoff.Ready{Gen: s.gen, By: "notify"})
			}
		}
		// after the report, so that a barrier covers all earlier messages
		for _, fd := range from.FDs {
			unix.Close(fd)
		}
		from.FDs = nil
		_ = wait.For(ctx, late)
	}
}

const maxMessage = 4096 // bytes of the longest message that systemd takes

// parseMessage reads lines of NAME=value and ignores unknown names, as the protocol demands. If a name comes
// twice, the last value counts. alive is "" without a word to the watchdog.
func parseMessage(b []byte) (ready bool, alive string) {
	for line := range strings.SplitSeq(string(b), "\n") {
		name, value, _ := strings.Cut(line, "=")
		switch name {
		case "WATCHDOG":
			if value == "1" || value == "trigger" {
				alive = line
			}
		case "READY":
			ready = value == "1"
		}
	}
	return ready, alive
}
