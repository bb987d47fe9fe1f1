package instance

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// second returns an error with an exit code if a hotswap runs in the current folder already with
// this command and the same PORT, or with one of the ports. Two that start in the same moment do not see each other.
func second(c Config) error {
	dir, err := os.Getwd()
	if err != nil {
		return nil //nolint:nilerr // what follows says so
	}
	told := func(pid int) bool { return c.Port != 0 || told(pid) }
	for _, r := range running() {
		if what := same(r, regular.Real(dir), c.Command, ports(c), told); what != "" {
			return exit.Unavailable(fmt.Errorf("another hotswap (process %d) %s here already: %s; hotswap status shows it; give a second one another PORT", r.PID, what, c.described(r)))
		}
	}
	return nil
}

// here returns the process ID of a hotswap that runs in the current folder with this command, or else an error if one runs there
// with another command; 0: none runs there.
func here(c Config) (pid int, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return 0, exit.Unavailable(err)
	}
	for _, r := range running() {
		switch {
		case regular.Real(r.Dir) != regular.Real(dir):
		case slices.Equal(r.Command, c.Command) && (c.Port != 0 || told(r.PID)):
			return r.PID, nil
		default:
			err = exit.Unavailable(fmt.Errorf("another hotswap (process %d) runs here already: %s; hotswap stop --pid %d ends it; without -d a second one can run beside it", r.PID, c.described(r), r.PID))
		}
	}
	return 0, err
}

// told reports, by the environment of a running hotswap, whether that hotswap may pass the same PORT to its program as
// this one does.
func told(pid int) bool {
	own := os.Getenv("PORT")
	port := ""
	for _, entry := range proc.Environment(pid) {
		if p, ok := strings.CutPrefix(entry, "PORT="); ok {
			port = p
		}
	}
	return own == "" || port == own
}

// same returns what the running hotswap of a record does that this hotswap would do again in dir; "": nothing. told
// reports whether both pass the same port to their programs.
func same(r record.Record, dir string, command, ports []string, told func(pid int) bool) string {
	if regular.Real(r.Dir) != dir {
		return ""
	}
	if slices.Equal(r.Command, command) && told(r.PID) {
		return "runs this command"
	}
	for _, port := range ports {
		if slices.Contains(r.Ports, port) {
			return "has port " + port
		}
	}
	return ""
}

// urlOf returns the URL of the program of the hotswap that answers at a control socket; "": it has none, or does not answer.
func (c Config) urlOf(socket string) string {
	ctx, cancel := context.WithTimeout(context.Background(), wait.Reply)
	defer cancel()
	var st report.Status
	if b, err := control.NewClient(socket).Status(ctx); err == nil {
		_ = json.Unmarshal(b, &st) // of another version: nothing
	}
	return c.URL(st)
}

// described returns the command of a hotswap, as far as it fits into a line, and its URL.
func (c Config) described(r record.Record) string {
	text := plain.Short(strings.Join(r.Command, " "), longestCommand)
	if at := c.urlOf(r.Control); at != "" {
		text += ", at " + at
	}
	return text
}

const longestCommand = 200 // in bytes

// ports returns the ports that were asked for.
func ports(c Config) (out []string) {
	for _, e := range c.Listen {
		if !e.IsUnix() {
			out = append(out, strconv.Itoa(int(e.Port())))
		}
	}
	if port := strconv.Itoa(c.Port); c.Port != 0 && !slices.Contains(out, port) {
		out = append(out, port)
	}
	return out
}

// Ports returns the ports of this user's hotswaps: those that they have asked for, and those that their programs serve.
func Ports() (out []string) {
	for _, r := range running() {
		out = append(out, r.Ports...)
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
