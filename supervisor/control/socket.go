package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// longest limits a socket's path with the suffix of [Bind]: sun_path has 104 bytes on
// the BSDs, its final zero included (unix(4)).
const longest = 103

// Bind listens beside path, where no client looks, until Publish.
func Bind(path string) (*Server, error) {
	s := &Server{path: path, beside: path + "." + strconv.Itoa(os.Getpid())}
	if len(s.beside) > longest {
		return nil, fmt.Errorf("control socket %s: the path is too long, %d bytes at most", path, longest-8)
	}
	_ = os.Remove(s.beside) // left by a killed process with our process ID
	var err error
	s.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: s.beside, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("control socket %s: %w", path, errnoOf(err))
	}
	s.listener.SetUnlinkOnClose(false) // the path may be another socket's by then
	err = os.Chmod(s.beside, 0o600)
	if err == nil {
		s.file, err = os.Lstat(s.beside)
	}
	if err != nil {
		s.listener.Close()
		_ = os.Remove(s.beside)
		return nil, fmt.Errorf("control socket: %w", err)
	}
	s.streams, s.EndStreams = context.WithCancel(context.Background())
	return s, nil
}

// errnoOf returns the error number in err without Go's description, or err.
func errnoOf(err error) error {
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number
	}
	return err
}

// Publish moves the socket to its path, over any other socket, in one step (rename(2)).
func (s *Server) Publish() error {
	if err := os.Rename(s.beside, s.path); err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

// remove removes the paths that are this socket's still: another one may have been moved over it.
func (s *Server) remove() {
	for _, path := range []string{s.path, s.beside} {
		if there, err := os.Lstat(path); err == nil && os.SameFile(there, s.file) {
			_ = os.Remove(path)
		}
	}
}

// Answers reports whether a process listens at the path.
func Answers(path string) bool {
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
