// Package ruby has Ruby processes of a program report which code they run, so that a save of
// other code starts nothing.
//
// RUBYOPT begins with -r and a script, which Ruby requires when everything is ready but the
// program. The script takes itself out of RUBYOPT and $LOADED_FEATURES, and appends each file of the
// project to a file of the process when Ruby is about to run it, from a TracePoint for
// script_compiled, and what has been required besides. What is neither in a folder of Ruby's
// libraries nor in one of gems is the project's. Files whose text is evaluated under their name
// count, too. A process that was forked has a report of its own.
package ruby

import (
	"embed"
	"fmt"
	"io"
	"path/filepath"
	"regexp"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

//go:embed site/*.rb
var scripts embed.FS

// Variable is one that a Ruby process of the program gets, and removes: the folder of its report.
const Variable = "HOTSWAP_RUBY"

var config = modules.Config{
	Name: "ruby", Scripts: scripts, Folder: "site", Variable: Variable,
	Loader: "RUBYOPT",
	Entry:  func(site string) string { return "-r" + filepath.Join(site, "hotswap.rb") },
	// Ruby knows no quotes there.
	Separators: " \t\n\v\f\r",
}

// Runtime has each generation's Ruby processes report what they run.
type Runtime struct{ *modules.Transport }

// New returns the runtime, whose reports are in folders of tmp.
func New(tmp *scratch.Folder) Runtime { return Runtime{modules.New(config, tmp)} }

var isRuby = regexp.MustCompile(`^ruby[\d.]*$`).MatchString

// Read returns the project's code that a process has run.
func (r Runtime) Read(gen handoff.GenID, p standby.Process) (files []string, all, waited bool) {
	report, err := modules.Read(r.Transport, gen, p.PID, read)
	all = err == nil && !report.missed && !modules.Replaced(p.Argv, report.argv, isRuby) && r.Writes(gen, p.PID)
	return report.files, all, report.faults != p.Faults
}

// report is what a process has reported.
type report struct {
	argv   []string // the script, and its arguments
	files  []string // of the project
	missed bool     // more code may have been read
	faults string   // as of standby.Process, when it began
}

// line is a line of a report; each has some of the fields.
type line struct {
	Argv   []modules.Bytes `json:"argv"`
	Faults string          `json:"faults"`
	Read   modules.Bytes   `json:"read"`
	Missed int             `json:"missed"`
}

// read reads a report.
func read(from io.Reader) (report, error) {
	var r report
	for l, err := range modules.Lines[line](from) {
		if err != nil {
			return r, fmt.Errorf("the report of a Ruby process: %w", err)
		}
		switch {
		case l.Argv != nil:
			r.argv, r.faults = modules.Strings(l.Argv), l.Faults
		case l.Read != "":
			r.files = append(r.files, string(l.Read))
		case l.Missed != 0:
			r.missed = true
		}
	}
	return r, nil
}
