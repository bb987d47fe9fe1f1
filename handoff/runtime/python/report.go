package python

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

type report struct {
	Version string
	Argv    []string
	Dir     string   // the working directory, as it began
	Lib     string   // the folder of the standard library
	Began   []string // modules that were there before the program
	Modules []module // in the order in which they were begun
	Path    []string // sys.path
	Finders []string // the kinds of sys.meta_path
	// variables → standby.Digest of the value, "" if that is not known; "": the working directory
	Changed map[string]string
	Faults  string   // as of standby.Process, when it began
	More    string   // why the report is incomplete
	Read    []string // code of the project, in the order in which it was read
	Plain   []string // those that Python itself compiles
}

type module struct{ Name, File string }

// line is a line of a report; each has some of the fields.
type line struct {
	Python  string         `json:"python"`
	Argv    reports.Texts  `json:"argv"`
	Dir     reports.Bytes  `json:"dir"`
	Lib     reports.Bytes  `json:"lib"`
	Began   reports.Texts  `json:"began"`
	Module  reports.Bytes  `json:"module"`
	File    reports.Bytes  `json:"file"`
	Path    reports.Texts  `json:"path"`
	Finders reports.Texts  `json:"finders"`
	Changed *reports.Bytes `json:"changed"`
	Value   reports.Bytes  `json:"value"`
	More    string         `json:"more"`
	Read    reports.Bytes  `json:"read"`
	Plain   int            `json:"plain"`
	Faults  string         `json:"faults"`
}

func read(from io.Reader) (report, error) {
	r, seen := report{Changed: map[string]string{}}, map[string]bool{}
	for l, err := range reports.Lines[line](from) {
		if err != nil {
			return r, fmt.Errorf("the report of a Python process: %w", err)
		}
		switch {
		case l.Python != "":
			r.Version, r.Argv, r.Dir, r.Lib, r.Began = l.Python, l.Argv, string(l.Dir),
				filepath.Dir(string(l.Lib)), l.Began
		case l.Module != "":
			file := string(l.File)
			if file != "" && file != "?" {
				file = regular.Absolute(file, r.Dir)
			}
			r.Modules = append(r.Modules, module{string(l.Module), file})
		case l.Path != nil:
			r.Path, r.Finders = l.Path, l.Finders
		case l.Changed != nil:
			r.Changed[string(*l.Changed)] = standby.Digest(string(l.Value))
		case l.Faults != "":
			r.Faults = l.Faults
		case l.Read != "":
			if l.Plain != 0 {
				r.Plain = append(r.Plain, string(l.Read))
			}
			if file := string(l.Read); !seen[file] {
				seen[file], r.Read = true, append(r.Read, file)
			}
		case l.More != "":
			r.More = l.More
		}
	}
	return r, nil
}

func (r report) sites() []string {
	out := []string{}
	for _, dir := range r.Path {
		if base := filepath.Base(dir); base == "site-packages" || base == "dist-packages" {
			out = append(out, dir)
		}
	}
	return out
}

// folders returns the project's folders in sys.path.
func (r report) folders() []string {
	out := []string{}
	for _, dir := range r.Path {
		dir = regular.Absolute(dir, r.Dir)
		if !slices.Contains(r.sites(), dir) && !inside(dir, []string{r.Lib}) && !strings.HasSuffix(dir, ".zip") {
			out = append(out, dir)
		}
	}
	return out
}

// isProject reports whether a module's file is the project's. A built-in module has no file.
func (r report) isProject(file string) bool {
	return filepath.IsAbs(file) && !inside(file, append(r.sites(), r.Lib))
}

func inside(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") })
}

func top(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// Files that say which packages a program has and how it is run.
var settings = strings.Fields(`pyproject.toml poetry.lock uv.lock pdm.lock Pipfile Pipfile.lock setup.py setup.cfg
	pyvenv.cfg .python-version requirements*.txt .env*`)

// settings returns those of the working directory and of all folders above.
func (r report) settings() standby.FileStates { return standby.Settings([]string{r.Dir}, settings) }

func (r report) dists() bool {
	return slices.ContainsFunc(r.folders(), func(dir string) bool {
		entries, _ := os.ReadDir(dir)
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			return slices.Contains(strings.Fields(".egg-info .dist-info .egg-link"), filepath.Ext(e.Name()))
		})
	})
}

// shadows returns where a module of the project could come that Python finds before a loaded one.
func (r report) shadows(modules []string) (paths []string) {
	names := map[string]bool{}
	for _, name := range modules {
		names[top(name)] = true
	}
	for name := range names {
		for _, dir := range r.folders() {
			paths = append(paths, filepath.Join(dir, name), filepath.Join(dir, name+".py"))
		}
	}
	return slices.DeleteFunc(paths, func(path string) bool { _, err := os.Lstat(path); return err == nil })
}
