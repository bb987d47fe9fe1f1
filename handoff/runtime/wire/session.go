package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Variable gives the adapters the path of the generation's socket.
const Variable = "HOTSWAP_WIRE"

const (
	version       = 1
	maxLine       = 1 << 20  // bytes of a line that an adapter writes
	maxUnfinished = 64 << 20 // bytes of a generation's lines that have no end yet, or are handled
	maxLinks      = 4096     // of a generation; fewer where hotswap may open few descriptors
)

// Family is called with each new link, after its hello. It returns what it does with the link's messages, and what is
// called when the link has ended.
type Family func(*Link) (h Handlers, leave func())

// Session is the wire of one generation.
type Session struct {
	Path string // of the socket, as adapters know it

	dir      string
	listener *net.UnixListener
	families []Family // constant from Run on

	Refused     func(most int) // called for each link that has no room; nil, or constant from Run on
	most        int32          // links and unclaimed descriptors; constant
	descriptors atomic.Int32   // of links, and unclaimed
	unfinished  atomic.Int64   // bytes
}

// Open opens a socket of that name. The error may come from the folder, or from the socket.
func Open(in *scratch.Folder, name string) (*Session, error) {
	s := &Session{most: int32(2 * rights.Share(maxLinks/2))}
	var err error
	s.listener, s.dir, err = in.Listen("wire-", name)
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("the wire: %w", err)
	}
	if os.Geteuid() == 0 { // a program of another user puts files there, too (handoff/runtime/reports)
		_ = os.Chmod(s.dir, 0o733|os.ModeSticky)
	}
	s.Path = filepath.Join(s.dir, name)
	return s, nil
}

// Folder returns the socket's folder, where adapters may put files; "": there is none.
func (s *Session) Folder() string {
	if s == nil {
		return ""
	}
	return s.dir
}

// Speak adds a family. It is called before Run.
func (s *Session) Speak(f Family) { s.families = append(s.families, f) }

// Close removes the socket.
func (s *Session) Close() error {
	s.listener.Close() // nil: there is none
	return os.RemoveAll(s.dir)
}

// Run serves the adapters of the tree's processes until ctx ends, and returns when no link is left.
func (s *Session) Run(ctx context.Context, tree func() []int) {
	defer s.Close()
	var serving sync.WaitGroup
	defer serving.Wait()
	defer context.AfterFunc(ctx, func() { _ = s.listener.Close() })()
	for {
		conn, err := accept.Next(ctx, s.listener.AcceptUnix)
		if err != nil {
			return
		}
		serving.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			defer s.admit(-1, 0)
			if !s.admit(1, 0) {
				if s.Refused != nil {
					s.Refused(int(s.most))
				}
				return
			}
			uid, pid, ok := peercred.Belongs(conn, tree)
			if !ok {
				return
			}
			l := s.newLink(conn, ctx.Done())
			l.UID, l.PID = uid, pid
			serving.Go(l.write)
			s.serve(l)
		})
	}
}

// descriptors are those of all sessions.
var descriptors atomic.Int32

// admit counts descriptors of links, and unclaimed ones. It reports whether there is room for them besides spare ones:
// hotswap needs most of its descriptors for other purposes, whatever generations that drain hold.
func (s *Session) admit(n, spare int32) (room bool) {
	own, all := s.descriptors.Add(n), descriptors.Add(n)
	return own <= s.most+spare && all <= 4*s.most+spare
}

// serve reads what an adapter writes until the link ends, or the adapter breaks the protocol.
func (s *Session) serve(l *Link) {
	defer l.close()
	handlers := Handlers{}
	for first := true; ; first = false {
		line, err := l.in.line()
		if err != nil {
			return
		}
		var head struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(line, &head) != nil || (head.Type == "hello") != first {
			return
		}
		if first {
			if json.Unmarshal(line, &l.Hello) != nil || l.Version != version {
				return
			}
			for _, join := range s.families {
				own, leave := join(l)
				defer leave()
				maps.Copy(handlers, own)
			}
		} else if handle := handlers[head.Type]; handle != nil && handle(l, line) != nil {
			return
		}
	}
}
