package files

import (
	"fmt"
	"path/filepath"
)

// Kinds of a loaded file.
const (
	CommonJS = "cjs"
	ESModule = "esm"
	JSON     = "json"
	Addon    = "addon" // native code
)

// File is a file that a thread has loaded as a module.
type File struct {
	Path string `json:"path"` // absolute, without symbolic links
	Kind string `json:"kind"`
	// Imported is true of a CommonJS file that no other has required.
	Imported bool `json:"imported"`
}

// Files is a part of the answer to the order files: those that were not sent before, in
// the order in which they were loaded. The last part has the other fields, too.
type Files struct {
	Seq   int      `json:"seq"`
	Files []File   `json:"files"`
	Read  []string `json:"read"` // code that was read as text, absolute paths; only those that were not sent before
	Done  bool     `json:"done"`
	Exact bool     `json:"exact"` // every loaded file has been sent
	Program

	// the numbers of the worker threads that it has begun, also of those that have ended
	Threads []int `json:"threads"`

	Hook *Hook `json:"hook"` // one of those that there are when the order comes; the part has nothing else
}

// Program is what a thread runs.
type Program struct {
	Main     string   `json:"main"`     // what Node was told to run, without symbolic links; "": no file
	Server   *Server  `json:"server"`   // that runs inside the program; nil: none, or no client has come yet
	ExecArgv []string `json:"execArgv"` // Node's options on its command line
	CanPark  bool     `json:"holdable"` // Node has read Module.runMain before it ran Main
	// variables that the program has changed since it began, with their values; "": removed, or not known
	Env     map[string]string `json:"env"`
	Dropped bool              `json:"dropped"` // packages that were loaded with assumed variables were loaded anew
	// Builtins are Node's own modules: http is loaded, node:http was imported by an ES module
	Builtins []string `json:"builtins"`
}

// Hook has modules wrapped or changed while they are loaded.
type Hook struct {
	By     []string `json:"by"`     // files whose code has installed it, the innermost first; empty: unknown
	Before []string `json:"before"` // packages that the file of the project among them has loaded before
	Loaded []string `json:"loaded"` // packages of which all files had been loaded before
	Runs   []string `json:"runs"`   // packages that have installed it while they were loaded
	Names  []string `json:"names"`  // of the modules that it wraps; nil: it may see all of them
	// Marks are those of the functions that all code shares: what a standby's process does not have was replaced. The
	// first hook has them.
	Marks map[string]string `json:"marks"`
}

// Checked answers the order check.
type Checked struct {
	Seq int `json:"seq"`
	// the error of the first file that the thread could not compile; empty: it knows of none
	Lines []string `json:"lines"`
}

func (m Files) Check() error {
	for _, f := range m.Files {
		if !filepath.IsAbs(f.Path) {
			return fmt.Errorf("a path that is not absolute: %q", f.Path)
		}
	}
	return nil
}

// order is what hotswap writes.
type order struct {
	Type  string   `json:"type"`
	Seq   int      `json:"seq"`
	Files []string `json:"files,omitempty"` // absolute, without symbolic links
}

// Server is a dev server, which makes anew for its clients what has changed.
type Server struct {
	Name   string `json:"name"`   // of the package, such as vite
	Ran    bool   `json:"ran"`    // others than the server may have had children
	Thread int    `json:"thread"` // the newest that had begun when its first client came; 0: none had
}
