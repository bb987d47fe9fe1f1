package bun

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// report is what a process has reported: a line right before the program, and another when the
// program serves.
type report struct {
	Version string         `json:"bun"`
	Argv    []string       `json:"argv"`  // the paths of Bun and of the program's file, and arguments
	Dir     string         `json:"dir"`   // the working directory
	Main    string         `json:"main"`  // the program's file; "" if there is none, as with -e
	Began   []string       `json:"began"` // modules that were loaded before
	Load    []standby.Item `json:"load"`  // of packages, in the order in which a standby can load them
	Env     []string       `json:"env"`   // variables that the program has set, changed or removed
}

func read(from io.Reader) (report, error) {
	var all report
	for r, err := range reports.Lines[report](from) {
		if err != nil {
			return r, fmt.Errorf("the report of a Bun process: %w", err)
		}
		if len(r.Argv) > 0 {
			all = r
		} else {
			all.Load, all.Env = r.Load, r.Env
		}
	}
	return all, nil
}

// plan is what a standby, or a rehearsal, reads.
type plan struct {
	Argv     []string       `json:"argv"` // of the process that waits
	Dir      string         `json:"dir"`
	Load     []standby.Item `json:"load"`
	Barred   []string       `json:"barred"`   // packages that must not be loaded
	Rehearse bool           `json:"rehearse"` // what the packages do is observed
}

// plan returns the plan with the packages of which it chooses, or says why there can be no standby.
func (r report) plan(q standby.Request) (p plan, c standby.Choice, err error) {
	if len(r.Argv) == 0 || r.Dir == "" {
		return p, c, errors.New("it has not told what it runs")
	}
	for _, file := range r.Began {
		if filepath.IsAbs(file) { // or it is Bun's own
			return p, c, fmt.Errorf("bunfig.toml preloads %s, which would run early", file)
		}
	}
	q.Sets = map[string]string{} // to values that are not known
	for _, name := range r.Env {
		q.Sets[name], q.Sets["*"] = "", "" // *: packages that read all variables
	}
	c = q.Known.Choose(standby.Grouped(r.Load), q.Question)
	return plan{Argv: r.Argv, Dir: r.Dir, Load: c.Items(r.Load), Barred: c.Barred(), Rehearse: q.Rehearse}, c, nil
}
