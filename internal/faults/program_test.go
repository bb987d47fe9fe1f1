//go:build linux

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The environment of the program under test.
const (
	envControl    = "FAULTS_CONTROL"  // the socket on which it announces its steps
	envRequestLog = "FAULTS_REQUESTS" // the file in which it notes what it accepts
	envPort       = "FAULTS_PORT"
	envExit       = "FAULTS_EXIT" // STEP:GEN: exit with code 3 at this step
	envTold       = "FAULTS_TOLD" // catch SIGTERM, announce it and end in order; else it ends at once
	envChatter    = "FAULTS_CHATTER"
)

// Its steps, in their order.
const (
	stepStarted    = "started"
	stepBeforeBind = "before bind"
	stepBound      = "bound"
	stepListening  = "listening"
	stepProbed     = "probed"   // a connection waits to be accepted
	stepAccepted   = "accepted" // the first connection
	stepRequest    = "request"  // inside GET /held
	stepTold       = "told"     // got SIGTERM
)

// mark is one announcement.
type mark struct {
	Step string
	Gen  int
	PID  int
}

// program is the program under test, if this process was started to be it.
func program() {
	if os.Getenv(envControl) == "" {
		return
	}
	p := &server{pid: os.Getpid()}
	p.gen, _ = strconv.Atoi(os.Getenv("HOTSWAP_GENERATION"))
	if err := p.run(); err != nil {
		fmt.Fprintln(os.Stderr, "program:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

type server struct {
	gen, pid int
	requests *os.File
	first    sync.Once
}

func (p *server) announce(step string) {
	if os.Getenv(envExit) == fmt.Sprintf("%s:%d", step, p.gen) {
		os.Exit(3)
	}
	c, err := net.Dial("unix", os.Getenv(envControl))
	if err != nil {
		return // nobody wants to know any more
	}
	defer c.Close()
	_ = json.NewEncoder(c).Encode(mark{step, p.gen, p.pid})
	_, _ = io.ReadAll(c)
}

func (p *server) run() (err error) {
	p.requests, err = os.OpenFile(os.Getenv(envRequestLog), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: p.routes()}
	if os.Getenv(envTold) != "" {
		told := make(chan os.Signal, 1)
		signal.Notify(told, syscall.SIGTERM)
		go func() {
			<-told
			p.announce(stepTold)
			_ = server.Shutdown(context.Background())
			os.Exit(0)
		}()
	}
	if n, _ := strconv.Atoi(os.Getenv(envChatter)); n > 0 {
		go chatter(n)
	}
	p.announce(stepStarted)
	l, err := p.listen()
	if err != nil {
		return err
	}
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	select {} // Shutdown's to end
}

// chatter writes so many bytes, more than anybody may read.
func chatter(n int) {
	line := make([]byte, 1<<10)
	for i := range line {
		line[i] = 'x'
	}
	line[len(line)-1] = '\n'
	for ; n > 0; n -= len(line) {
		_, _ = os.Stdout.Write(line)
	}
}

// listen takes the steps that net.Listen takes, with time between them.
func (p *server) listen() (net.Listener, error) {
	port, err := strconv.Atoi(os.Getenv(envPort))
	if err != nil {
		return nil, err
	}
	p.announce(stepBeforeBind)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	p.announce(stepBound)
	if err := unix.Listen(fd, 128); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p.announce(stepListening)
	f := os.NewFile(uintptr(fd), "listener")
	defer f.Close() // FileListener duplicates
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(fds, -1); n == 1 || err != nil && err != unix.EINTR {
			break
		}
	}
	p.announce(stepProbed)
	return &noting{l, p}, nil
}

// noting is a listener that writes down whom it accepted.
type noting struct {
	net.Listener
	p *server
}

func (l *noting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		_, _ = fmt.Fprintf(l.p.requests, "%d %s %d\n", l.p.pid, c.RemoteAddr(), time.Now().UnixNano())
	}
	l.p.first.Do(func() { l.p.announce(stepAccepted) })
	return c, err
}

func (p *server) routes() http.Handler {
	pong := func(w http.ResponseWriter) {
		fmt.Fprintf(w, `{"pong":true,"version":%d,"pid":%d}`, p.gen, p.pid)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { pong(w) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		pong(w)
	})
	mux.HandleFunc("GET /held", func(w http.ResponseWriter, _ *http.Request) {
		p.announce(stepRequest)
		pong(w)
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		echo, _ := json.Marshal(string(body))
		fmt.Fprintf(w, `{"echo":%s,"version":%d,"pid":%d}`, echo, p.gen, p.pid)
	})
	return mux
}
