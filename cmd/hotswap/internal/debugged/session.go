package debugged

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/coder/websocket"
)

const (
	// answersWithin bounds a question. A stopped process answers at once; one that waits in a
	// system call of its own does not, and is not stopped.
	answersWithin = time.Second
	maxList       = 1 << 20
	// head is how much of a message is read: what it is about stands first, and a message may
	// carry the source map of a script.
	head = 64
)

// session is a connection to V8's inspector beside that of the person's debugger.
type session struct {
	conn  *websocket.Conn
	local netip.AddrPort
}

func (s *session) close() { _ = s.conn.CloseNow() }

// open asks the inspector at an address whether its process is stopped. The session is nil
// if there was no answer.
func open(ctx context.Context, at netip.AddrPort) (s *session, stopped bool) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	s, err := dial(ctx, at)
	if err != nil {
		return nil, false
	}
	if stopped, err = s.ask(ctx); err != nil {
		s.close()
		return nil, false
	}
	return s, stopped
}

// dial opens a session with the first target.
func dial(ctx context.Context, at netip.AddrPort) (*session, error) {
	s := &session{}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", at.String())
			if err != nil {
				return nil, err
			}
			s.local = conn.LocalAddr().(*net.TCPAddr).AddrPort()
			s.local = netip.AddrPortFrom(s.local.Addr().Unmap(), s.local.Port())
			return &prompt{conn}, nil
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.String()+"/json/list", nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var targets []struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxList)).Decode(&targets); err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, errors.New("the inspector has no target")
	}
	target, err := url.Parse(targets[0].URL)
	if err != nil {
		return nil, err
	}
	target.Scheme, target.Host = "ws", at.String()
	if s.conn, _, err = websocket.Dial(ctx, target.String(), &websocket.DialOptions{HTTPClient: client}); err != nil {
		return nil, err
	}
	s.conn.SetReadLimit(-1) // next reads the beginning of a message and drops the rest
	return s, nil
}

// ask enables the debugger. V8 reports a process that is stopped before it answers.
func (s *session) ask(ctx context.Context) (stopped bool, err error) {
	err = s.conn.Write(ctx, websocket.MessageText, []byte(`{"id":1,"method":"Debugger.enable","params":{"maxScriptsCacheSize":0}}`))
	for err == nil {
		var m message
		if m, err = s.next(ctx); err == nil {
			switch {
			case m.is("Debugger.paused"):
				stopped = true
			case m.is("Debugger.resumed"):
				stopped = false
			case m.answers():
				return stopped, nil
			}
		}
	}
	return false, err
}

// await returns when the process has run for the time runsOn, when left reports that the
// person's debugger has gone, or cannot tell so often, when the connection ends, or when ctx
// ends. The session ends.
func (s *session) await(ctx context.Context, left func() (bool, error)) {
	defer s.close()
	events, ended := make(chan bool), make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	defer func() { cancel(); <-ended }()
	go func() {
		defer close(ended)
		for {
			m, err := s.next(ctx)
			if err != nil {
				cancel()
				return
			}
			if stopped := m.is("Debugger.paused"); stopped || m.is("Debugger.resumed") {
				select {
				case events <- stopped:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	follow(ctx, events, left)
}

// follow is await for a process that is stopped. events tell whether it is.
func follow(ctx context.Context, events <-chan bool, left func() (bool, error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var over <-chan time.Time // nil while the process is stopped
	hears := func(stopped bool) {
		if over = nil; !stopped {
			over = time.After(runsOn)
		}
	}
	failed := 0 // looks in a row
	for {
		select {
		case <-ctx.Done():
			return
		case stopped := <-events:
			hears(stopped)
		case <-over:
			select {
			case stopped := <-events: // since the last look, which may have taken long
				hears(stopped)
			default:
				return
			}
		case <-tick.C:
			switch gone, err := left(); {
			case err != nil:
				if failed++; failed == mayFail {
					return
				}
			case gone:
				return
			default:
				failed = 0
			}
		}
	}
}

// message is the beginning of a message.
type message []byte

func (m message) is(method string) bool {
	return bytes.HasPrefix(m, []byte(`{"method":"`+method+`"`))
}

func (m message) answers() bool { return bytes.HasPrefix(m, []byte(`{"id":1,`)) }

func (s *session) next(ctx context.Context) (message, error) {
	_, r, err := s.conn.Reader(ctx)
	if err != nil {
		return nil, err
	}
	b := make([]byte, head)
	n, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	return b[:n], nil
}
