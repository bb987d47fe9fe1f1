package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/internal/web"
)

// Instance is the hotswap that the server controls. Its methods may be called from
// any goroutine. Their context ends when the client disconnects.
type Instance interface {
	Reload(context.Context) (Result, error)
	Rollback(context.Context) (Result, error)
	// Pause ends by itself after that time; 0: never.
	Pause(context.Context, time.Duration) (Result, error)
	// PauseFor is a pause that ends with the context, or when Resume is told the name in the result that begun gets.
	PauseFor(ctx context.Context, begun func(Result)) error
	Resume(ctx context.Context, hold string) (Result, error)
	Stop(context.Context) (Result, error)
	// Wait returns what became of the newest change of files.
	Wait(context.Context) (Result, error)
	// Why answers for the file at path, which is absolute.
	Why(ctx context.Context, path string) (Why, error)
	// Log returns what the programs write.
	Log() (*Log, error)
}

// Feed is what the server reads of that hotswap. Any goroutine may call the functions.
type Feed struct {
	Status func() any // of now, as JSON
	// Events waits for hotswap's own lines after the one with that id, and returns the next ones, or none when ctx or
	// the stream of lines ends. An id that is not known stands before all lines. A line without an id says how many are
	// missing before the next.
	Events func(ctx context.Context, after string) []web.Event
}

// clientTime limits the time for sending a request, and again for taking the answer. Tests shorten it.
var clientTime = wait.Answer

// maxPath bounds the path of a question in bytes: the kernel's PATH_MAX.
const maxPath = 4096

// Server is a listening socket, first bound beside its path, then moved to the path, and answers requests there.
type Server struct {
	path, beside string
	listener     *net.UnixListener
	file         os.FileInfo
	http         http.Server
	instance     Instance
	feed         Feed

	streams    context.Context    // of the streams of events
	EndStreams context.CancelFunc // ends them, and those that begin later
}

// Serve starts to answer.
func (s *Server) Serve(i Instance, f Feed) {
	s.instance, s.feed = i, f
	s.http.Handler = s.handler()
	s.http.SetKeepAlivesEnabled(false)
	web.Limit(&s.http, clientTime, maxClients, process)
	go func() { _ = s.http.Serve(&ownListener{s.listener}) }()
}

// Close removes the socket, unless another socket has its path, waits until requests
// are answered or ctx ends, and closes all connections.
func (s *Server) Close(ctx context.Context) {
	s.remove() // first, so that no client connects and gets no answer
	s.EndStreams()
	_ = s.http.Shutdown(ctx)
	s.http.Close()
	s.listener.Close() // of one that did not serve
}

func (s *Server) handler() http.Handler {
	mux, i := http.NewServeMux(), s.instance
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, s.feed.Status())
	})
	mux.HandleFunc("GET /v1/why", func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Query().Get("path")
		if !filepath.IsAbs(path) || len(path) > maxPath {
			answer(w, http.StatusBadRequest,
				errorBody{Error: fmt.Sprintf("path: give an absolute path of at most %d bytes", maxPath)})
			return
		}
		result, err := i.Why(r.Context(), path)
		answerResult(w, result, err)
	})
	waiting := http.NewServeMux()
	limited := web.Limited(maxWaiting, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusServiceUnavailable, errorBody{Error: "too many clients wait already"})
	}, waiting.ServeHTTP)
	bare := func(command func(context.Context) (Result, error)) http.HandlerFunc {
		return call(func(r *http.Request) (Result, error) { return command(r.Context()) })
	}
	for path, handle := range map[string]http.HandlerFunc{
		"GET /v1/events": s.events, "GET /v1/logs": s.logs, "POST /v1/hold": s.pauseFor,
		"POST /v1/reload": bare(i.Reload), "POST /v1/rollback": bare(i.Rollback), "POST /v1/wait": bare(i.Wait),
		"POST /v1/pause": call(s.pause),
	} {
		waiting.HandleFunc(path, handle)
		mux.HandleFunc(path, limited)
	}
	// it ends a hold
	mux.HandleFunc("POST /v1/resume", call(func(r *http.Request) (Result, error) {
		return i.Resume(r.Context(), r.URL.Query().Get("hold"))
	}))
	mux.HandleFunc("POST /v1/stop", bare(i.Stop))
	return mux
}

func (s *Server) pause(r *http.Request) (Result, error) {
	limit, text := time.Duration(0), r.URL.Query().Get("for")
	if text != "" {
		var err error
		limit, err = time.ParseDuration(text)
		if err != nil || limit <= 0 {
			return Result{}, fmt.Errorf("for=%s: give a time, such as 2m", strconv.Quote(text))
		}
	}
	return s.instance.Pause(r.Context(), limit)
}

// pauseFor answers as soon as changes are kept, and ends with the connection.
func (s *Server) pauseFor(w http.ResponseWriter, r *http.Request) {
	err := s.instance.PauseFor(r.Context(), func(result Result) {
		b, _ := json.Marshal(result) // never fails
		_, _ = w.Write(append(b, '\n'))
		_ = http.NewResponseController(w).Flush() // who has gone has ended the context
	})
	if err != nil && r.Context().Err() == nil {
		answerResult(w, nil, err)
	}
}

func call(command func(*http.Request) (Result, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			answer(w, http.StatusBadRequest, errorBody{Error: "a command takes no body"})
			return
		}
		result, err := command(r)
		answerResult(w, result, err)
	}
}

func answerResult(w http.ResponseWriter, result any, err error) {
	if err != nil {
		b := errorBody{Error: err.Error()}
		if errors.Is(err, ErrMoved) {
			b.Code = CodeMoved
		}
		answer(w, http.StatusServiceUnavailable, b)
		return
	}
	answer(w, http.StatusOK, result)
}

// answer sends v. The write deadline starts here, because a command may take long.
func answer(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		code, b = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written as JSON"}`)
	}
	b = append(plain.JSON(b), '\n') // curl writes it to a terminal
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(code)
	web.Send(w, b, clientTime) // the client may have disconnected
}

// events answers with events until the client leaves or does not read in time, or the streams end.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.streams, cancel)()
	web.Stream(ctx, w, r, clientTime, s.feed.Events)
}

const (
	maxClients = 64 // open connections (web.Limit)
	// of these, clients that read, hold changes back or wait for a swap, so that [Instance].Stop finds a connection
	maxWaiting = 40
)

// ownListener closes the connections of other users.
type ownListener struct{ net.Listener }

func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := accept.Next(context.Background(), l.Listener.Accept)
		if err != nil || allowed(conn) {
			return conn, err
		}
		conn.Close()
	}
}

// peerOf is replaced by tests.
var peerOf = peercred.Of

func process(c net.Conn) int {
	_, pid, _ := peerOf(c.(*net.UnixConn)) // 0: the kernel does not tell
	return pid
}

func allowed(c net.Conn) bool {
	uid, _, err := peerOf(c.(*net.UnixConn))
	return err == nil && (uid == 0 || uid == os.Geteuid())
}
