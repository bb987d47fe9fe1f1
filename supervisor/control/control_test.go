package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// patience bounds every wait: a test that waits so long has failed.
const patience = 3 * time.Minute

// instance is a hotswap that answers what the test says.
type instance struct {
	name string
	swap func(context.Context) (Result, error)
	log  *Log

	events func(context.Context, string) []web.Event
}

func (i instance) feed() Feed {
	return Feed{Status: func() any { return map[string]string{"state": i.name} }, Events: i.events}
}
func (i instance) Reload(ctx context.Context) (Result, error) {
	if i.swap == nil {
		return Result{Outcome: report.OutcomeServes, Generation: 2}, nil
	}
	return i.swap(ctx)
}
func (i instance) Rollback(context.Context) (Result, error) {
	return Result{Outcome: report.OutcomeNothing}, nil
}
func (i instance) Pause(context.Context, time.Duration) (Result, error) {
	return Result{Outcome: report.OutcomePaused}, nil
}
func (i instance) PauseFor(ctx context.Context, begun func(Result)) error {
	begun(Result{Outcome: report.OutcomePaused, Pauser: "a"})
	<-ctx.Done()
	return nil
}
func (i instance) Resume(context.Context, string) (Result, error) {
	return Result{Outcome: report.OutcomeResumed, Files: 3}, nil
}
func (i instance) Wait(context.Context) (Result, error) {
	return Result{Outcome: report.OutcomeServes, Generation: 7}, nil
}
func (i instance) Log() (*Log, error) {
	if i.name == "moved" {
		return nil, ErrMoved
	}
	return i.log, nil
}
func (i instance) Stop(context.Context) (Result, error) {
	return Result{Outcome: report.OutcomeStopped}, nil
}

func (i instance) Why(_ context.Context, path string) (Why, error) {
	if i.name == "moved" {
		return Why{}, ErrMoved
	}
	return Why{File: path, Swaps: true}, nil
}

// serve makes the instance answer at path until the test ends.
func serve(t *testing.T, path string, i interface {
	Instance
	feed() Feed
}) *Server {
	t.Helper()
	s := testkit.Must(Bind(path))(t)
	testkit.NoError(t, s.Publish())
	s.Serve(i, i.feed())
	t.Cleanup(func() { shut(s) })
	return s
}

func shut(s *Server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s.Close(ctx)
}

// place is a path for a socket: t.TempDir's may be too long.
func place(t *testing.T) string {
	t.Helper()
	dir := testkit.ShortDir(t)
	return filepath.Join(dir, "s")
}

// state is who answers at path.
func state(t *testing.T, path string) string {
	t.Helper()
	var st struct{ State string }
	testkit.NoError(t, NewClient(path).Status(t.Context(), &st))
	return st.State
}

func TestCommands(t *testing.T) {
	path := place(t)
	s := serve(t, path, instance{name: "serving"})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	c := NewClient(path)
	if got := state(t, path); got != "serving" {
		t.Errorf("state %q", got)
	}
	if w, err := c.Why(t.Context(), "/r/a b&c=ü.ts"); err != nil || w.File != "/r/a b&c=ü.ts" || !w.Swaps {
		t.Errorf("%+v, %v", w, err)
	}
	for name, want := range map[string]Result{
		"reload":   {Outcome: report.OutcomeServes, Generation: 2},
		"rollback": {Outcome: report.OutcomeNothing},
		"pause":    {Outcome: report.OutcomePaused},
		"resume":   {Outcome: report.OutcomeResumed, Files: 3},
		"stop":     {Outcome: report.OutcomeStopped},
		"wait":     {Outcome: report.OutcomeServes, Generation: 7},
	} {
		if got, err := c.Command(t.Context(), name); got != want || err != nil {
			t.Errorf("%+v %v, want %+v", got, err, want)
		}
	}
	shut(s)
	if err := c.Status(t.Context(), new(any)); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after its end: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

// A hotswap that another one has replaced says so, also where it is asked about files.
func TestWhyMoves(t *testing.T) {
	path := place(t)
	serve(t, path, instance{name: "moved"})
	if _, err := NewClient(path).Why(t.Context(), "/a"); !errors.Is(err, ErrMoved) {
		t.Errorf("%v, want ErrMoved", err)
	}
}

// A hotswap that stops at once, because somebody else repeats the stop, may end before it answers.
func TestStopWithoutAnswer(t *testing.T) {
	path := place(t)
	for name, ends := range map[string]error{"stop": nil, "reload": io.EOF} {
		l := testkit.Must(net.Listen("unix", path))(t)
		go func() {
			conn, _ := l.Accept()
			_, _ = conn.Read(make([]byte, 4096))
			l.Close()
			conn.Close()
		}()
		if got, err := NewClient(path).Command(t.Context(), name); !errors.Is(err, ends) ||
			ends == nil && got.Outcome != report.OutcomeStopped {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, ends)
		}
	}
}

// A hotswap that lives, and closes a connection without an answer, has too many clients: it is asked again.
func TestStopOfOneThatLives(t *testing.T) {
	path := place(t)
	l := testkit.Must(net.Listen("unix", path))(t)
	defer l.Close()
	go func() {
		for range 2 { // the request, and whether somebody accepts
			conn, _ := l.Accept()
			conn.Close()
		}
		_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"outcome":"superseded"}`)
		}))
	}()
	if got, err := NewClient(path).Command(t.Context(), "stop"); got.Outcome != report.OutcomeSuperseded || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNoCommand(t *testing.T) {
	path := place(t)
	serve(t, path, instance{name: "serving"})
	for request, want := range map[string]string{
		"GET /v1/reload HTTP/1.1\r\nHost: x\r\n\r\n":                                      "HTTP/1.1 405 ",
		"GET /v2/status HTTP/1.1\r\nHost: x\r\n\r\n":                                      "HTTP/1.1 404 ",
		"POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n":                "HTTP/1.1 400 ",
		"GET /v1/why HTTP/1.1\r\nHost: x\r\n\r\n":                                         "HTTP/1.1 400 ",
		"GET /v1/why?path=a HTTP/1.1\r\nHost: x\r\n\r\n":                                  "HTTP/1.1 400 ",
		"GET /v1/why?path=/" + strings.Repeat("x", 4096) + " HTTP/1.1\r\nHost: x\r\n\r\n": "HTTP/1.1 400 ",
		// the longest path
		"GET /v1/why?path=/" + strings.Repeat("%20", 4095) + " HTTP/1.1\r\nHost: x\r\n\r\n": "HTTP/1.1 200 ",
		"GET /v1/why?path=/" + strings.Repeat("%20", 4096) + " HTTP/1.1\r\nHost: x\r\n\r\n": "HTTP/1.1 400 ",
		"what is this\r\n\r\n": "HTTP/1.1 400 ",
		"GET /v1/status HTTP/1.1\r\nX: " + strings.Repeat("x", 24<<10) + "\r\n\r\n": "HTTP/1.1 431 ",
	} {
		conn := dial(t, path)
		go func() { _, _ = io.WriteString(conn, request) }()
		if line, _ := bufio.NewReader(conn).ReadString('\n'); !strings.HasPrefix(line, want) {
			t.Errorf("%.40q: %q, want %q", request, line, want)
		}
	}
	if got := state(t, path); got != "serving" {
		t.Errorf("state %q", got)
	}
}

func dial(t *testing.T, path string) net.Conn {
	t.Helper()
	conn := testkit.Must(net.Dial("unix", path))(t)
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Clients that say nothing, or only a part, keep nobody out, however many they are.
func TestClientsThatHang(t *testing.T) {
	give(t, time.Hour)
	path := place(t)
	serve(t, path, instance{name: "serving"})
	for i := range 4 * maxClients {
		if conn := dial(t, path); i%2 == 0 {
			_, _ = io.WriteString(conn, "GET /v1/sta")
		}
	}
	if got := state(t, path); got != "serving" {
		t.Errorf("state %q", got)
	}
	testkit.Must(NewClient(path).Command(t.Context(), "stop"))(t)
}

// floodEnv has the path of a socket that this binary floods until its standard input ends.
const floodEnv = "CONTROL_TEST_FLOOD"

func TestMain(m *testing.M) {
	if path := os.Getenv(floodEnv); path != "" {
		go flood(path)
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// flood opens connections without a pause. Each second one asks, the others say nothing.
func flood(path string) {
	var open [4 * maxClients]net.Conn
	for i := 0; ; i++ {
		conn, err := net.Dial("unix", path)
		if err != nil {
			continue
		}
		_, _ = io.WriteString(conn, strings.Repeat("POST /v1/resume HTTP/1.1\r\nHost: x\r\n\r\n", i%2))
		if i == len(open) {
			fmt.Println()
		}
		if was := open[i%len(open)]; was != nil {
			was.Close()
		}
		open[i%len(open)] = conn
	}
}

// Clients that come faster than they can be served, and ask or say nothing, keep nobody out: a command is carried out
// once, and its outcome is its own.
func TestFlood(t *testing.T) {
	give(t, time.Hour)
	path := place(t)
	serve(t, path, instance{name: "serving"})
	flood := exec.Command(testkit.Must(os.Executable())(t))
	flood.Env = append(os.Environ(), floodEnv+"="+path)
	stdin := testkit.Must(flood.StdinPipe())(t)
	stdout := testkit.Must(flood.StdoutPipe())(t)
	testkit.NoError(t, flood.Start())
	defer flood.Wait()
	defer stdin.Close()
	testkit.Must(stdout.Read(make([]byte, 1)))(t) // it has as many connections as it keeps
	for range 4 {
		if got := state(t, path); got != "serving" {
			t.Errorf("state %q", got)
		}
		if r, err := NewClient(path).Command(t.Context(), "reload"); r.Generation != 2 || err != nil {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// A command may take longer than any client may; its client may go.
func TestCommandThatTakesLong(t *testing.T) {
	give(t, 50*time.Millisecond)
	path := place(t)
	var gone atomic.Int64
	begun, fate := make(chan struct{}, 1), make(chan struct{})
	s := testkit.Must(Bind(path))(t)
	testkit.NoError(t, s.Publish())
	// Before anything is served: else a busy machine may not let the client write within its time.
	conn := dial(t, path)
	testkit.Must(io.WriteString(conn, "POST /v1/reload HTTP/1.1\r\nHost: x\r\n\r\n"))(t)
	s.Serve(instance{swap: func(ctx context.Context) (Result, error) {
		begun <- struct{}{}
		select {
		case <-fate:
			return Result{Outcome: report.OutcomeFailed, Reason: "exit 3"}, nil
		case <-ctx.Done():
			gone.Add(1)
			return Result{}, ctx.Err()
		}
	}}, Feed{})
	t.Cleanup(func() { shut(s) })
	<-begun
	time.Sleep(4 * clientTime) // the pace is what is tested
	close(fate)
	answer, err := io.ReadAll(conn)
	_, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	var got Result
	if want := (Result{Outcome: report.OutcomeFailed, Reason: "exit 3"}); json.Unmarshal([]byte(body), &got) != nil ||
		got != want {
		t.Errorf("%q, %v; want %+v", answer, err, want)
	}
	if gone.Load() != 0 {
		t.Error("it was taken for gone")
	}
}

// Clients that read, and that wait for swaps, leave room for the one that stops hotswap.
func TestStopsWhileManyWait(t *testing.T) {
	path := place(t)
	begun, log := make(chan struct{}), NewLog()
	serve(t, path, instance{name: "waiting", log: log, swap: func(ctx context.Context) (Result, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return Result{}, ctx.Err()
	}})
	log.Add(1, []byte("line\n"))
	for i := range maxWaiting {
		if i%2 == 0 {
			testkit.Must(io.WriteString(dial(t, path), "POST /v1/reload HTTP/1.1\r\nHost: x\r\n\r\n"))(t)
		} else {
			go func() { // until the server ends
				_ = NewClient(path).Log(t.Context(), LogQuery{Follow: true}, func(LogLines) error {
					begun <- struct{}{}
					return nil
				})
			}()
		}
		<-begun
	}
	c := NewClient(path)
	_, wait := c.Command(t.Context(), "wait")
	_, _, hold := c.PauseFor(t.Context())
	for _, err := range []error{wait, hold, c.Log(t.Context(), LogQuery{}, nil)} {
		if err == nil || err.Error() != "too many clients wait already" {
			t.Errorf("one more: %v", err)
		}
	}
	if got := state(t, path); got != "waiting" {
		t.Errorf("the status is %q", got)
	}
	testkit.Must(c.Command(t.Context(), "stop"))(t)
}

// The socket of a process that has ended, and whatever else is in its place, does not answer.
func TestAnswers(t *testing.T) {
	path := place(t)
	socket := testkit.Must(Bind(path))(t)
	if err := socket.Publish(); err != nil || !Answers(path) {
		t.Errorf("%v, or nobody answers", err)
	}
	socket.listener.Close()
	if Answers(path) || Answers(path+"x") || Answers(filepath.Dir(path)) {
		t.Error("somebody answers")
	}
}

func TestBindRefuses(t *testing.T) {
	for path, want := range map[string]string{
		"/tmp/" + strings.Repeat("x", 100): "too long",
		"/no/such/dir/s":                   "control socket /no/such/dir/s: no such file or directory",
	} {
		if _, err := Bind(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
