package place

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

const (
	maxHeader = 16 << 10       // bytes of a request's line and headers
	maxBody   = 1<<20 + 64<<10 // bytes of a body: a value, and the spaces of its JSON
	idleTime  = time.Minute    // between two requests
	maxWait   = time.Hour      // that a request may ask for

	// maxWaiting bounds the requests of a generation that wait, so that connections are left for others.
	maxWaiting = maxConns / 2
)

// requestTime is the time for sending a request, and again for taking the answer. Tests shorten it.
var requestTime = 10 * time.Second

// serveHTTP serves a connection whose first byte does not begin a line of JSON, until its client or the
// generation goes.
func (ses *Session) serveHTTP(ctx context.Context, c *conn) {
	one := newOneConn(c.in.rest())
	server := http.Server{
		Handler:           ses.handler(),
		ReadHeaderTimeout: requestTime, ReadTimeout: requestTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		ErrorLog:    log.New(io.Discard, "", 0), // ignores broken requests
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	if c.serveWeb(&server) {
		_ = server.Serve(one) // returns when the connection is closed
	}
}

// oneConn is a listener with one connection.
type oneConn struct {
	net.Conn
	accepted bool          // only Accept uses it
	closed   chan struct{} // by the first Close
	closing  chan struct{} // has the token of the first Close
}

func newOneConn(conn net.Conn) *oneConn {
	one := &oneConn{Conn: conn, closed: make(chan struct{}), closing: make(chan struct{}, 1)}
	one.closing <- struct{}{}
	return one
}

// Accept returns the connection, and the next time waits until the connection is closed.
func (one *oneConn) Accept() (net.Conn, error) {
	if !one.accepted {
		one.accepted = true
		return one, nil
	}
	<-one.closed
	return nil, net.ErrClosed
}

// Close closes the connection.
func (one *oneConn) Close() error {
	select {
	case <-one.closing:
		defer close(one.closed)
	default:
	}
	return one.Conn.Close()
}

// Addr is the socket's.
func (one *oneConn) Addr() net.Addr { return one.LocalAddr() }

const statePath = "/v1/state"

// handler finds what a request is for. http.ServeMux would not do: it redirects a key with two slashes.
func (ses *Session) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a := ses.answer(w, r)
		if err := a.route(); err != nil {
			e := told(err)
			a.fail(cmp.Or(statuses[e.code], http.StatusServiceUnavailable), e)
		}
	})
}

// httpAnswer answers one request.
type httpAnswer struct {
	ses   *Session
	w     http.ResponseWriter
	r     *http.Request
	query url.Values
	since store.Mark // the answer says what the store has had since then
}

func (ses *Session) answer(w http.ResponseWriter, r *http.Request) *httpAnswer {
	return &httpAnswer{ses: ses, w: w, r: r, since: ses.of.cfg.Store.Mark()}
}

func (a *httpAnswer) route() (err error) {
	if a.query, err = url.ParseQuery(a.r.URL.RawQuery); err != nil {
		return errorf(codeBad, "the query cannot be read: %v", err)
	}
	path := a.r.URL.EscapedPath()
	if escaped, ok := strings.CutPrefix(path, statePath+"/"); ok {
		key, err := url.PathUnescape(escaped)
		if err != nil || !utf8.ValidString(key) {
			return errorf(codeBad, "the key is not UTF-8, or not percent-encoded")
		}
		return a.method(map[string]func() error{
			http.MethodGet: func() error { return a.get(key) }, http.MethodPut: func() error { return a.put(key) },
			http.MethodPost: func() error { return a.add(key) }, http.MethodDelete: func() error { return a.delete(key) },
		})
	}
	switch path {
	case statePath:
		return a.method(map[string]func() error{http.MethodGet: a.list})
	case "/v1/place":
		return a.method(map[string]func() error{http.MethodGet: a.place})
	case "/v1/ready":
		return a.method(map[string]func() error{http.MethodPost: a.ready})
	case "/v1/extend":
		return a.method(map[string]func() error{http.MethodPost: a.extend})
	case "/v1/status":
		return a.method(map[string]func() error{http.MethodPost: a.status})
	}
	return errorf(codeNotFound, "there is no %.80q", path)
}

func (a *httpAnswer) method(by map[string]func() error) error {
	name := a.r.Method
	if name == http.MethodHead {
		name = http.MethodGet
	}
	if do := by[name]; do != nil {
		return do()
	}
	var known []string
	for _, m := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete} {
		if by[m] != nil || m == http.MethodHead && by[http.MethodGet] != nil {
			known = append(known, m)
		}
	}
	a.w.Header().Set("Allow", strings.Join(known, ", "))
	a.fail(http.StatusMethodNotAllowed, errorf(codeBad, "%.20q is not possible here", a.r.Method))
	return nil
}

// statuses are those of errors.
var statuses = map[string]int{
	codeBad: http.StatusBadRequest, codeLarge: http.StatusRequestEntityTooLarge, codeFull: http.StatusInsufficientStorage,
	codeVersion: http.StatusPreconditionFailed, codeType: http.StatusConflict, codeNotFound: http.StatusNotFound,
}

func (a *httpAnswer) fail(status int, e *protocolError) {
	body := struct {
		Error   string  `json:"error"`
		Code    string  `json:"code"`
		Version *uint64 `json:"version,omitempty"`
	}{e.text, e.code, e.version}
	b, _ := json.Marshal(body) // it has no error
	a.send(status, "application/json", append(b, '\n'))
}

// send writes an answer. The write deadline starts here, because a request may wait.
func (a *httpAnswer) send(status int, kind string, body []byte) {
	_ = http.NewResponseController(a.w).SetWriteDeadline(time.Now().Add(requestTime))
	h := a.w.Header()
	if kind != "" {
		h.Set("Content-Type", kind)
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	h.Set("Cache-Control", "no-store")
	a.w.WriteHeader(status)
	if a.r.Method != http.MethodHead {
		_, _ = a.w.Write(body) // the client may have disconnected
	}
}

// duration returns a duration of the query; 0: it is not there.
func (a *httpAnswer) duration(name string, most time.Duration) (time.Duration, error) {
	if !a.query.Has(name) {
		return 0, nil
	}
	d, err := time.ParseDuration(a.query.Get(name))
	if err != nil || d <= 0 || d > most {
		return 0, errorf(codeBad, "%s: give a time such as 30s, at most %v", name, most)
	}
	return d, nil
}

// wait calls done until it reports true, the time is over or the client goes, and again when changed
// has a token. It reports whether done did.
func (a *httpAnswer) wait(most time.Duration, changed <-chan struct{}, done func() (bool, <-chan struct{})) (bool, error) {
	ok, next := done()
	if ok || most == 0 {
		return ok, nil
	}
	if n := a.ses.waiting.Add(1); n > maxWaiting {
		a.ses.waiting.Add(-1)
		return false, errorf(codeFull, "%d requests of this generation wait already", maxWaiting)
	}
	defer a.ses.waiting.Add(-1)
	over := time.NewTimer(most)
	defer over.Stop()
	for {
		select {
		case <-changed:
		case <-next:
		case <-over.C:
			ok, _ = done()
			return ok, nil
		case <-a.ses.of.moves:
			return false, nil
		case <-a.r.Context().Done():
			return false, fmt.Errorf("the client has gone: %w", a.r.Context().Err())
		}
		if ok, next = done(); ok {
			return true, nil
		}
	}
}
