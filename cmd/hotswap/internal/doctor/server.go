package doctor

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
)

const ServerName = "doctor-server"

// ServerArgv returns the command line of the doctor's server: this binary.
func ServerArgv(at int) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	return []string{self, ServerName, "--port", strconv.Itoa(at)}, nil
}

func Addr(at int) string { return fmt.Sprintf("127.0.0.1:%d", at) }

// freePort finds a port on which no process listens, below those that the kernel gives to
// connecting clients (ip_local_port_range, by default from 32768).
func freePort() (int, error) {
	for range 100 {
		if p := 20000 + rand.IntN(12000); port.Free(p) {
			return p, nil
		}
	}
	return 0, exit.Unavailablef("no free port between 20000 and 32000")
}

// Serve is the program that doctor runs: an ordinary server that knows nothing of hotswap and
// handles no signal. It reads a request and answers which generation it is.
func Serve(at int) error {
	return exit.Unavailable(http.ListenAndServe(Addr(at),
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // the client may have gone
			fmt.Fprintf(w, `{"version":%s,"pid":%d}`, os.Getenv("HOTSWAP_GENERATION"), os.Getpid())
		})))
}
