//go:build (!linux && !darwin) || 386

// hotswap does not run here, but what it runs may compile for this system.
package http

import (
	"context"
	"net"
	"sync"
)

type hotswapServer struct{}

type hotswapConn struct {
	writes sync.Mutex
	ended  bool
}

func hotswapServes(_ *Server, _ *net.Listener, ctx context.Context) context.Context { return ctx }
func hotswapMultiplexes(*Server)                                                    {}
func hotswapContext(s *Server, ctx context.Context, rw net.Conn) context.Context {
	return s.ConnContext(ctx, rw)
}
func hotswapTracks(*conn, bool)                            {}
func hotswapReads(c *conn) net.Conn                        { return c.rwc }
func hotswapRests(*conn) bool                              { return false }
func hotswapEnds(*response) bool                           { return false }
func hotswapWrites(*response, []byte, string) *hotswapConn { return nil }
func hotswapFinishes(*conn)                                {}
