package listenfds

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Stored returns a transport that passes each generation what earlier ones have stored (sd_notify(3),
// FDSTORE=1), behind the sockets that a [Transport] before it passes. stored returns duplicates with their
// names, which the transport then owns.
//
// No copies are passed at [High]: a program that closes a stored connection would keep it open there. So
// LISTEN_FDS_FIRST_FD, which names the copies, is left out when something is stored.
func Stored(stored func() (names []string, fds []int, err error)) handoff.Transport {
	return storedTransport{stored}
}

type storedTransport struct {
	stored func() (names []string, fds []int, err error)
}

// Name returns "stored".
func (storedTransport) Name() string { return "stored" }

// Prepare passes what is stored now.
func (t storedTransport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	names, fds, err := t.stored()
	if err != nil {
		return nil, fmt.Errorf("stored descriptors: %w", err)
	}
	if len(fds) == 0 {
		return storedSession(nil), nil
	}
	before := 0
	if l.ListenPID { // else the variables are not of this launch
		before, _ = strconv.Atoi(value(l.Env, "LISTEN_FDS"))
	}
	if before > 0 {
		names = append([]string{value(l.Env, "LISTEN_FDNAMES")}, names...)
	}
	for i, fd := range fds {
		l.Files = append(l.Files, handoff.Inherit{FD: fd, At: First + before + i})
	}
	ports := value(l.Env, "SERVER_STARTER_PORT")
	l.Env = append(Without(l.Env), "LISTEN_FDS="+strconv.Itoa(before+len(fds)), "LISTEN_FDNAMES="+strings.Join(names, ":"))
	if before > 0 {
		l.Env = append(l.Env, "SERVER_STARTER_PORT="+ports)
	}
	l.ListenPID = true
	return storedSession(fds), nil
}

func value(env []string, name string) string {
	i := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
	if i < 0 {
		return ""
	}
	return env[i][len(name)+1:]
}

// storedSession are the duplicates, until the program has its own.
type storedSession []int

// Close closes the duplicates.
func (s storedSession) Close() error {
	for _, fd := range s {
		_ = unix.Close(fd)
	}
	return nil
}

// Run closes the duplicates, because the program has started.
func (s storedSession) Run(context.Context, handoff.Running, func(handoff.Event)) error {
	return s.Close()
}
