package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// longest is how long a socket's path may be (sun_path, unix(7)), with what
// [Bind] puts behind it. On the BSDs it is 104 with the zero.
const longest = 103

// Socket is a listening socket, first beside its path, then at it.
type Socket struct {
	path, beside string
	listener     *net.UnixListener
	file         os.FileInfo
}

// ErrTaken occurs when another process answers at the path.
var ErrTaken = errors.New("another program answers there")

// Bind listens beside path: nobody finds it before Publish.
func Bind(path string) (*Socket, error) {
	s := &Socket{path: path, beside: path + "." + strconv.Itoa(os.Getpid())}
	if len(s.beside) > longest {
		return nil, fmt.Errorf("control socket %s: the path is too long, %d bytes at most", path, longest-8)
	}
	_ = os.Remove(s.beside) // of a process that had our number and was killed
	var err error
	if s.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: s.beside, Net: "unix"}); err != nil {
		return nil, fmt.Errorf("control socket %s: %w", path, errnoOf(err))
	}
	s.listener.SetUnlinkOnClose(false) // the path may be another's by then
	if err = os.Chmod(s.beside, 0o600); err == nil {
		s.file, err = os.Lstat(s.beside)
	}
	if err != nil {
		_ = s.listener.Close()
		_ = os.Remove(s.beside)
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return s, nil
}

// errnoOf is the error without Go's words about it.
func errnoOf(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}

// Claim puts the socket at its path unless somebody answers there: of several
// who come at once link(2) lets one through. Open: two who find a dead one's
// socket at the same moment may both remove it, the second after the first has
// come to its place.
func (s *Socket) Claim() error {
	for range 3 {
		err := os.Link(s.beside, s.path)
		if err == nil {
			_ = os.Remove(s.beside)
			return nil
		}
		if !errors.Is(err, os.ErrExist) {
			return s.Publish() // there are no links here
		}
		if err := Vacant(s.path); err != nil {
			return err
		}
		RemoveDead(s.path)
	}
	return fmt.Errorf("control socket %s: %w", s.path, ErrTaken)
}

// Publish puts the socket at its path, in the place of another one's: rename(2)
// replaces it in one step.
func (s *Socket) Publish() error {
	if err := os.Rename(s.beside, s.path); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// Remove removes what leads to the socket. Between the look and the deed
// another hotswap may come to the path; but who renews this one has told it
// before, and then it calls Disown.
func (s *Socket) Remove() {
	for _, path := range []string{s.path, s.beside} {
		if there, err := os.Lstat(path); err == nil && s.file != nil && os.SameFile(there, s.file) {
			_ = os.Remove(path)
		}
	}
}

// Disown leaves the path to another one.
func (s *Socket) Disown() { s.file = nil }

// Close ends a socket that nobody serves.
func (s *Socket) Close() {
	s.Remove()
	_ = s.listener.Close()
}

// RemoveDead removes a socket at which nobody answers any more.
func RemoveDead(path string) {
	there, err := os.Lstat(path)
	if err != nil || Vacant(path) != nil {
		return
	}
	if now, err := os.Lstat(path); err == nil && os.SameFile(there, now) {
		_ = os.Remove(path)
	}
}

// Vacant says, by an error, why the path is not free for a socket: somebody
// answers there, or it is no socket. One that a dead process left is no hindrance.
func Vacant(path string) error {
	there, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case there.Mode()&os.ModeSocket == 0:
		return fmt.Errorf("control socket %s: there is something else", path)
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		_ = conn.Close()
		return fmt.Errorf("control socket %s: %w", path, ErrTaken)
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("control socket %s: %w", path, errnoOf(err))
}
