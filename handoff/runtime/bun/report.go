package bun

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
)

// report is what a process has reported right before the program.
type report struct {
	Version string   `json:"bun"`
	Argv    []string `json:"argv"`  // the paths of Bun and of the program's file, and arguments
	Dir     string   `json:"dir"`   // the working directory
	Main    string   `json:"main"`  // the program's file; "" if there is none, as with -e
	Began   []string `json:"began"` // modules that were loaded before
}

// read reads a report.
func read(from io.Reader) (report, error) {
	for r, err := range modules.Lines[report](from) {
		if err != nil {
			return r, fmt.Errorf("the report of a Bun process: %w", err)
		}
		return r, nil
	}
	return report{}, nil
}

// plan is what a standby reads.
type plan struct {
	Argv []string `json:"argv"` // of the process that waits
	Dir  string   `json:"dir"`
}

// plan returns the plan, or says why there can be no standby.
func (r report) plan() (plan, error) {
	if len(r.Argv) == 0 || r.Dir == "" {
		return plan{}, errors.New("it has not told what it runs")
	}
	for _, file := range r.Began {
		if filepath.IsAbs(file) { // or it is Bun's own
			return plan{}, fmt.Errorf("bunfig.toml preloads %s, which would run early", file)
		}
	}
	return plan{r.Argv, r.Dir}, nil
}
