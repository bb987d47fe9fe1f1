package node

import (
	"errors"
	"net"
)

// reader reads from an adapter; sockets do not come along here.
type reader struct{ conn *net.UnixConn }

func (r *reader) Read(p []byte) (int, error) { return r.conn.Read(p) }
func (r *reader) claim() *socket             { return nil }
func (r *reader) close()                     {}

type socket struct{ fd int }

func (s *socket) close()                           {}
func (s *socket) dup() (*socket, error)            { return nil, errors.ErrUnsupported }
func (s *socket) pass(*net.UnixConn, []byte) error { return errors.ErrUnsupported }
