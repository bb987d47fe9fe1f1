package instance

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// second returns an error with an exit code if a hotswap runs in the current folder already with
// this command, or with one of the ports. Two that start in the same moment do not see each other.
func second(command, ports []string) error {
	dir, err := os.Getwd()
	if err != nil {
		return nil //nolint:nilerr // what follows says so
	}
	for _, r := range running() {
		if what := same(r, physical(dir), command, ports); what != "" {
			return exit.Unavailable(fmt.Errorf("another hotswap (process %d) %s here already; hotswap status shows it, and --also starts a second one", r.PID, what))
		}
	}
	return nil
}

// same returns what a running hotswap does that another one would do in dir; "": nothing.
func same(r record.Record, dir string, command, ports []string) string {
	if physical(r.Dir) != dir {
		return ""
	}
	if slices.Equal(r.Command, command) {
		return "runs this command"
	}
	for _, port := range ports {
		if slices.Contains(r.Ports, port) {
			return "has port " + port
		}
	}
	return ""
}

func ports(all []handoff.Endpoint) (out []string) {
	for _, e := range all {
		out = append(out, strconv.Itoa(int(e.Addr.Port())))
	}
	return out
}

// served returns the ports that were asked for at the start and those that the program serves.
func served(asked []string, st report.Status) []string {
	out := slices.Clone(asked)
	for _, e := range st.Endpoints {
		if _, port, err := net.SplitHostPort(e.Address); err == nil && !slices.Contains(out, port) {
			out = append(out, port)
		}
	}
	return out
}
