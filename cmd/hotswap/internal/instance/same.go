package instance

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// here returns the hotswap that runs in the current folder with this command and the same PORT, and one that runs there
// with another, unless both have names that differ; the process 0: there is none.
func here(c Config) (same, other record.Record, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return same, other, exit.Unavailable(err)
	}
	for _, r := range running() {
		switch {
		case regular.Real(r.Dir) != regular.Real(dir):
		case slices.Equal(r.Command, c.Command) && c.mayShare(r):
			return r, other, nil
		case c.Name == "" || c.Name == r.Name:
			other = r
		}
	}
	return same, other, nil
}

// mayShare reports whether a running hotswap may pass the same PORT to its program as this one does.
func (c Config) mayShare(r record.Record) bool {
	own := os.Getenv("PORT")
	if c.Port.Number != 0 {
		own = strconv.Itoa(c.Port.Number)
	}
	if own == "" || c.Port.Auto { // a folder has one port of its own
		return true
	}
	if port := status(r.Control).Port; port != 0 {
		return strconv.Itoa(port) == own
	}
	return handoff.Value(proc.Environment(r.PID), "PORT") == own
}

// status returns the status of the hotswap that answers at a control socket. It has nothing if none of this version
// answers.
func status(socket string) (st report.Status) {
	ctx, cancel := context.WithTimeout(context.Background(), wait.Reply)
	defer cancel()
	_ = control.NewClient(socket).Status(ctx, &st)
	return st
}

// described returns the command of a hotswap, as far as it fits into a line, and its URL.
func described(r record.Record) string {
	text := plain.Short(strings.Join(r.Command, " "), 200) // in bytes
	if at := status(r.Control).URL; at != "" {
		text += ", at " + at
	}
	return text
}
