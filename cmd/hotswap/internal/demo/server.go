package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
)

// ServerName is the sub-command that is the demo's server.
const ServerName = "demo-server"

// boot is how long the server pretends to start.
const boot = 80 * time.Millisecond

// ServerArgv returns the command line of the demo's server: this binary.
func ServerArgv(at int) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	return []string{self, ServerName, "--port", strconv.Itoa(at)}, nil
}

// Addr returns the address of the server.
func Addr(at int) string { return fmt.Sprintf("127.0.0.1:%d", at) }

// FreePort finds a port on which no process listens, below those that the kernel gives to
// connecting clients (ip_local_port_range, by default from 32768). While a plain restart
// leaves the port closed, a client could otherwise be given the very port that it dials and
// connect to itself (a simultaneous open, RFC 9293, section 3.5), and the server would find
// the port in use.
func FreePort() (int, error) {
	for range 100 {
		if p := 20000 + rand.IntN(12000); port.Free(p) {
			return p, nil
		}
	}
	return 0, exit.Unavailable(errors.New("no free port between 20000 and 32000"))
}

// answer is an answer in the shape of load.ExampleChecks.
type answer struct {
	Pong    bool    `json:"pong,omitempty"`
	Echo    *string `json:"echo,omitempty"`
	Version int     `json:"version"`
	PID     int     `json:"pid"`
}

func handler(version, pid int) http.Handler {
	reply := func(w http.ResponseWriter, a answer) {
		a.Version, a.PID = version, pid
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a) // the client may have gone
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ping", func(w http.ResponseWriter, _ *http.Request) { reply(w, answer{Pong: true}) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.URL.Query().Get("ms"))
		time.Sleep(time.Duration(ms) * time.Millisecond)
		reply(w, answer{Pong: true})
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		text := string(body)
		reply(w, answer{Echo: &text})
	})
	return mux
}

// Serve is the program that demo and doctor run: an ordinary server that knows nothing of
// hotswap and handles no signal.
func Serve(at int) error {
	time.Sleep(boot)                                            // instead of reading a configuration and finding a database
	version, _ := strconv.Atoi(os.Getenv("HOTSWAP_GENERATION")) // which the supervisor sets
	return exit.Unavailable(http.ListenAndServe(Addr(at), handler(version, os.Getpid())))
}
