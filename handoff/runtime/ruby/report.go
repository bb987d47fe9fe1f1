package ruby

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
)

// report is what a process has reported.
type report struct {
	Version string
	Argv    []string // the script, and its arguments
	Dir     string   // the working directory, as it began
	Reads   bool     // Ruby can read the script again
	Began   []string // files that were there before the program
	Begun   []string // in the order in which they were begun, with those of load
	Has     []string // files that were required, in the order in which they were done
	Path    []string // $LOAD_PATH
	Roots   []string // below which there is nothing of the project's; each ends with a slash
	Changed []string // variables; "": the working directory
	Values  []string // of Changed
	Read    []string // code that was evaluated as text
	Missed  bool     // more code may have been read
	Faults  string   // as of standby.Process, when it began
	More    bool     // the report is incomplete
}

// line is a line of a report; each has some of the fields.
type line struct {
	Ruby    string          `json:"ruby"`
	Argv    []modules.Bytes `json:"argv"`
	Dir     modules.Bytes   `json:"dir"`
	Reads   int             `json:"reads"`
	Began   []modules.Bytes `json:"began"`
	Begun   modules.Bytes   `json:"begun"`
	Feature modules.Bytes   `json:"feature"`
	Changed []modules.Bytes `json:"changed"`
	Values  []modules.Bytes `json:"values"`
	Path    []modules.Bytes `json:"path"`
	Roots   []modules.Bytes `json:"roots"`
	Read    modules.Bytes   `json:"read"`
	Faults  string          `json:"faults"`
	Missed  int             `json:"missed"`
	More    int             `json:"more"`
}

// read reads a report.
func read(from io.Reader) (report, error) {
	var r report
	for l, err := range modules.Lines[line](from) {
		if err != nil {
			return r, fmt.Errorf("the report of a Ruby process: %w", err)
		}
		switch {
		case l.Ruby != "":
			r.Version, r.Argv, r.Dir, r.Reads, r.Began = l.Ruby, modules.Strings(l.Argv), string(l.Dir), l.Reads != 0, modules.Strings(l.Began)
		case l.Begun != "":
			r.Begun = append(r.Begun, r.absolute(string(l.Begun)))
		case l.Feature != "":
			r.Has = append(r.Has, string(l.Feature))
		case l.Faults != "":
			r.Faults = l.Faults
		case l.Read != "":
			r.Read = append(r.Read, r.absolute(string(l.Read)))
		case l.Missed != 0:
			r.Missed = true
		case l.More != 0:
			r.More = true
		case l.Roots != nil:
			r.Changed, r.Values = modules.Strings(l.Changed), modules.Strings(l.Values)
			r.Path, r.Roots = modules.Strings(l.Path), modules.Strings(l.Roots)
		}
	}
	return r, nil
}

func (r report) absolute(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.Dir, path)
}

// script returns the program's file, or "" if it is not the project's.
func (r report) script() string {
	if len(r.Argv) == 0 || r.Argv[0] == "-" || r.Argv[0] == "-e" {
		return ""
	}
	if path := r.absolute(r.Argv[0]); r.isProject(path) {
		return path
	}
	return ""
}

// isProject reports whether a loaded file is the project's; some have no path.
func (r report) isProject(file string) bool { return filepath.IsAbs(file) && r.root(file) == "" }

// root returns the longest of the roots that has the file.
func (r report) root(file string) (root string) {
	for _, dir := range r.Roots {
		if strings.HasPrefix(file, dir) && len(dir) > len(root) {
			root = dir
		}
	}
	return root
}

// gemOf returns the name of a file's gem, or of Ruby's library.
func (r report) gemOf(file string) string {
	root := r.root(file)
	rest := strings.TrimPrefix(file, root)
	if base := filepath.Base(root); base == "gems" || base == "extensions" {
		if base == "extensions" { // PLATFORM/VERSION/GEM
			rest = strings.Join(strings.SplitN(rest, "/", 3)[min(2, strings.Count(rest, "/")):], "")
		}
		name, _, _ := strings.Cut(rest, "/")
		if i := strings.LastIndex(name, "-"); i > 0 {
			name = name[:i]
		}
		return name
	}
	name, _, _ := strings.Cut(rest, "/")
	return strings.TrimSuffix(strings.TrimSuffix(name, ".rb"), ".so")
}

// project returns the loaded files of the project.
func (r report) project() (files []string) {
	for _, f := range append(slices.Clone(r.Begun), r.Has...) {
		if r.isProject(f) && !slices.Contains(files, f) {
			files = append(files, f)
		}
	}
	return files
}
