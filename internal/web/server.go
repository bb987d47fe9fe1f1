package web

import (
	"context"
	"net"
	"net/http"
	"os"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	maxConnections = 128
	maxHeader      = 16 << 10 // of a request: room for a path of which each byte is escaped as three
)

// Server is one of hotswap's own HTTP servers. Handlers are added before it serves.
type Server struct {
	http.ServeMux

	listener net.Listener
	file     *os.File // a duplicate, which keeps the kernel's queue for a child when this process accepts no more
	http     http.Server
	end      context.CancelFunc // of the context of all requests
}

// open listens at the address, or with a parent's listening socket there; nil: there is none.
func open(at handoff.Endpoint, socket *os.File) (s *Server, err error) {
	s = &Server{file: socket}
	if socket != nil {
		s.listener, err = net.FileListener(socket) // of a duplicate
	} else {
		network := "tcp" // with the wildcard also where there is no IPv6
		if at.Network == "tcp4" {
			network = "tcp4"
		}
		s.listener, err = net.Listen(network, at.Short())
		if err == nil {
			s.file, err = s.listener.(*net.TCPListener).File()
		}
	}
	if err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	s.http = http.Server{Handler: s, BaseContext: func(net.Listener) context.Context { return ctx },
		WriteTimeout: wait.Answer}
	Limit(&s.http, wait.Answer, maxConnections, func(net.Conn) int { return 0 }) // the kernel names no owner
	return s, nil
}

// URL returns the address as a browser of this machine finds it.
func (s *Server) URL() string {
	at := *s.listener.Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() {
		at.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + at.String()
}

// leave accepts no further connection, and ends the streams. Who has connected gets one answer: http.Server.Shutdown
// would leave out a request that it reads later.
func (s *Server) leave() {
	s.http.SetKeepAlivesEnabled(false) // else a browser would ask again on the connection of its stream
	s.listener.Close()
	s.end()
}
