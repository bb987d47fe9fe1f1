package wire

import (
	"bufio"
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
)

// Variable gives the adapters the path of the generation's socket.
const Variable = "HOTSWAP_WIRE"

const (
	version  = 1
	maxLine  = 1 << 20 // bytes of a line that an adapter writes
	maxLinks = 4096    // of a generation
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
	links    atomic.Int32
}

// Open opens a socket of that name. The error may come from the folder, or from the socket.
func Open(in *scratch.Folder, name string) (*Session, error) {
	s := &Session{}
	dir, err := in.Socket("wire-", name, func(path string) (err error) {
		s.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	})
	s.dir, s.Path = dir, filepath.Join(dir, name)
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("the wire: %w", err)
	}
	if os.Geteuid() == 0 { // a program of another user puts files there, too (handoff/runtime/reports)
		_ = os.Chmod(dir, 0o733|os.ModeSticky)
	}
	s.listener.SetUnlinkOnClose(false) // the path is not the listener's; Close removes the folder
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
	if s.listener != nil {
		_ = s.listener.Close()
	}
	if s.dir == "" {
		return nil
	}
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
			defer s.links.Add(-1)
			uid, pid, ok := peercred.Belongs(conn, tree)
			if s.links.Add(1) > maxLinks || !ok {
				return
			}
			l := newLink(conn, ctx.Done())
			l.UID, l.PID = uid, pid
			serving.Go(l.write)
			s.serve(l)
		})
	}
}

// serve reads what an adapter writes until the link ends, or the adapter breaks the protocol.
func (s *Session) serve(l *Link) {
	defer l.close()
	lines := bufio.NewScanner(&l.in)
	lines.Buffer(nil, maxLine)
	handlers := Handlers{}
	for first := true; lines.Scan(); first = false {
		var head struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(lines.Bytes(), &head) != nil || (head.Type == "hello") != first {
			return
		}
		if first {
			if json.Unmarshal(lines.Bytes(), &l.Hello) != nil || l.Version != version {
				return
			}
			for _, join := range s.families {
				own, leave := join(l)
				defer leave()
				maps.Copy(handlers, own)
			}
		} else if handle := handlers[head.Type]; handle != nil && handle(l, lines.Bytes()) != nil {
			return
		}
	}
}
