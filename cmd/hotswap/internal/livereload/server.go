package livereload

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/netutil"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	maxConnections = 128
	maxHeader      = 16 << 10

	// clientTime limits each read of a handshake and each write.
	clientTime = 5 * time.Second

	// pause is how long a hotswap that replaces another waits before it tries again to open the port.
	pause = 100 * time.Millisecond
)

// Config says how browsers are reached.
type Config struct {
	Port     int
	Replaces bool // this hotswap replaces another, which may have the port until it stops
	Report   reporter
}

type reporter interface {
	LiveReload(url string)                                 // browsers can load the script there
	LiveReloadUnavailable(port int, err error, inUse bool) // they cannot
	LiveReloadTold(pages int, sheet string)                // so many are connected; sheet "": they reload
}

// Supervisor is what the server has to know of the supervisor.
type Supervisor interface {
	Status() report.Status
	Current() report.Status
	Changed() <-chan struct{}
}

// Server tells browsers what has changed. Its methods may be called from any goroutine and
// never wait for a browser. Those of a nil Server do nothing.
type Server struct {
	cfg    Config
	events chan struct{} // one element: an event came

	mu        sync.Mutex // guards the following fields
	state     state
	changed   chan struct{} // closed, and replaced, when pages may have to be told something
	serves    bool
	number    int // of the newest event for which pages are reloaded
	told      int // the number of the event that pages were told of
	connected int
	url       string // "": nobody can connect
}

// New returns a server that does not listen yet. A page that was loaded before now was answered by another program,
// unless this hotswap replaces the one of which the program has the same source.
func New(c Config) *Server {
	s := &Server{cfg: c, events: make(chan struct{}, 1), changed: make(chan struct{})}
	if !c.Replaces {
		s.state.reload(time.Now())
	}
	s.state.held = true // nothing serves yet
	return s
}

// Notice takes a notice of the supervisor. It runs in the supervisor's loop, right after
// connections were redirected.
func (s *Server) Notice(n report.Notice) {
	if s == nil {
		return
	}
	switch n.(type) {
	case report.NoticeServing:
		s.mu.Lock()
		again := s.serves
		s.serves = true
		s.mu.Unlock()
		if again {
			s.Reload()
		}
	case report.NoticeRolledBack:
		s.Reload()
	}
}

// Reload has each page that is older than this moment reloaded, as soon as no swap is under
// way.
func (s *Server) Reload() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.state.reload(time.Now())
	s.state.held = true // until look has seen what else is due
	s.number++
	s.mu.Unlock()
	select {
	case s.events <- struct{}{}:
	default:
	}
}

// CSS has each page load its style sheets again, because the one at path has changed.
func (s *Server) CSS(path string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.state.change(time.Now())
	s.wakeLocked()
	pages := s.connected
	s.mu.Unlock()
	s.cfg.Report.LiveReloadTold(pages, path)
}

// mostOutput is how many lines of output a page shows.
const mostOutput = 30

// Show has pages show why the newest save does not serve; nil: it does.
func (s *Server) Show(f *report.FailureStatus) {
	if s == nil {
		return
	}
	var text []byte
	if f != nil {
		part := *f
		part.Output = f.Output[max(0, len(f.Output)-mostOutput):]
		text, _ = json.Marshal(part) // of texts and numbers
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.failure != string(text) {
		s.state.failure = string(text)
		s.wakeLocked()
	}
}

// Status returns where the server listens and how many pages are connected; nil: it does not
// listen.
func (s *Server) Status() *report.BrowserStatus {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url == "" {
		return nil
	}
	return &report.BrowserStatus{Script: s.url, Pages: s.connected}
}

// Run serves browsers until ctx ends or hotswap stops. If another program has the port, Run says so and
// returns, or keeps trying if this hotswap replaces another.
func (s *Server) Run(ctx context.Context, sup Supervisor) {
	l, err := s.listen(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.cfg.Report.LiveReloadUnavailable(s.cfg.Port, err, errors.Is(err, syscall.EADDRINUSE))
		}
		return
	}
	s.serve(ctx, l, sup)
}

// listen opens the port, or waits until the hotswap that this one replaces has closed it.
func (s *Server) listen(ctx context.Context) (net.Listener, error) {
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.cfg.Port))
	for {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp4", addr)
		if err == nil || !s.cfg.Replaces || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// serve serves browsers at l until ctx ends or hotswap stops.
func (s *Server) serve(ctx context.Context, l net.Listener, sup Supervisor) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	url := "http://" + l.Addr().String() + scriptPath
	server := &http.Server{
		Handler:           s.handler(ctx),
		ReadHeaderTimeout: clientTime, ReadTimeout: clientTime, WriteTimeout: clientTime, IdleTimeout: clientTime,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       log.New(io.Discard, "", 0), // ignores broken requests
	}
	defer server.Close()
	go func() { _ = server.Serve(netutil.LimitListener(l, maxConnections)) }()
	s.listens(url)
	defer s.listens("")
	s.cfg.Report.LiveReload(url)
	s.follow(ctx, sup)
}

func (s *Server) listens(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = url
}

// follow releases reloads when no swap is under way. It returns when hotswap stops: a
// hotswap that replaces this one needs the port.
func (s *Server) follow(ctx context.Context, sup Supervisor) {
	for seen := 0; ; {
		changed := sup.Changed()
		s.mu.Lock()
		number := s.number
		s.mu.Unlock()
		var st report.Status
		if number == seen {
			st = sup.Status()
		} else {
			st, seen = sup.Current(), number // the event came before its status
		}
		if st.State == report.PhaseStopping || st.State == report.PhaseStopped {
			return
		}
		s.look(st, number)
		select {
		case <-changed:
		case <-s.events:
		case <-ctx.Done():
			return
		}
	}
}

// look takes a status that reflects the event of that number.
func (s *Server) look(st report.Status, number int) {
	s.mu.Lock()
	if s.number != number {
		s.mu.Unlock()
		return // a newer status follows
	}
	was := s.state.held
	old := slices.ContainsFunc(st.Generations, mayAnswer)
	if old && s.told == number {
		s.told-- // it may have answered a page that was told to reload
	}
	s.state.held = st.UnderWay || st.Generation == 0 || old
	release := was && !s.state.held
	pages, told := s.connected, release && s.told != number
	if told {
		s.told = number
		s.state.reload(time.Now()) // an older generation may have answered until now
	}
	if release {
		s.wakeLocked()
	}
	s.mu.Unlock()
	if told {
		s.cfg.Report.LiveReloadTold(pages, "")
	}
}

// mayAnswer reports whether a request of a browser may go to a generation that no longer serves, on a connection that
// was kept.
func mayAnswer(g report.GenerationStatus) bool {
	relieved := g.State == supervisor.StateHeld.String() || g.State == supervisor.StateDraining.String()
	return relieved && g.ReadyMS != nil && !g.Settled
}

func (s *Server) wakeLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}
