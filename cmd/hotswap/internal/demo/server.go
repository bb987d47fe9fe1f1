package demo

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

const (
	ServerName    = "demo-server"
	Boot          = 80 * time.Millisecond // how long the server pretends to start
	GenerationEnv = "HOTSWAP_GENERATION"  // set by the supervisor; the version in the answers
)

// ServerArgv returns the command line of the demo's server: this binary.
func ServerArgv(port int, boot time.Duration) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	return []string{self, ServerName, "--port", strconv.Itoa(port), "--boot", boot.String()}, nil
}

// StartServer starts a version of the server under a keeper, by spec and without standard input
// and output. Standard error is quiet too unless spec has one.
func StartServer(spec proc.Spec, version int) (*proc.Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	fd := int(null.Fd())
	spec.Env = append(os.Environ(), GenerationEnv+"="+strconv.Itoa(version))
	spec.Stdio = [3]int{fd, fd, cmp.Or(spec.Stdio[2], fd)}
	return proc.Start(spec)
}

// Addr returns the address of the server.
func Addr(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// handler answers in the shape of load.ExampleChecks.
func handler(version, pid int) http.Handler {
	pong := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"pong":true,"version":%d,"pid":%d}`, version, pid)
	}
	echo := func(body []byte) []byte {
		text, _ := json.Marshal(string(body)) // a string always can be
		return fmt.Appendf(nil, `{"echo":%s,"version":%d,"pid":%d}`, text, version, pid)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { pong(w) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		pong(w)
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(echo(body))
	})
	mux.HandleFunc("GET /ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return // Accept has answered
		}
		defer conn.CloseNow()
		for {
			kind, body, err := conn.Read(r.Context())
			if err != nil || conn.Write(r.Context(), kind, echo(body)) != nil {
				return
			}
		}
	})
	return mux
}

// Serve is the program that demo and doctor run: an ordinary server that knows nothing of
// hotswap and handles no signal.
func Serve(port int, boot time.Duration) error {
	time.Sleep(boot) // instead of reading a configuration and finding a database
	version, _ := strconv.Atoi(os.Getenv(GenerationEnv))
	return exit.Unavailable(http.ListenAndServe(Addr(port), handler(version, os.Getpid())))
}
