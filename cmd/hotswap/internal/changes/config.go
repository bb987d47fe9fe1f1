package changes

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Config says what is watched, and for which command.
type Config struct {
	Root    string // the current folder
	Command []string
	Steps   *Steps   // what the project's rules do
	Files   []string // that count whatever their kind: those with variables
	Watch   []string // --watch, --ignore and --ext
	Ignore  []string
	Ext     []string
	// Place says where the user gave a value of an option, such as "hotswap.yaml:5"; "" stands for
	// the first value. Nil: all were given on the command line.
	Place     func(option, value string) string
	Quiet     time.Duration
	MaxWait   time.Duration
	Poll      bool
	Own       string        // a folder in which hotswaps write, besides that of records; "": none
	Probation time.Duration // of a generation, before it is asked what it has loaded
	Since     time.Time     // what has changed since then counts; zero: since the watcher is made
	// Project is the file of the project, and Reread reads it anew when it has changed. Its
	// changes are none of the program. Reread returns nil if all stays as it was. Project "":
	// there is no file.
	Project string
	Reread  func() *Reread

	Report Reporter
	// Saved is called for each file that has changed, absolute, before a generation starts because
	// of that; nil: nothing is called.
	Saved func(path string)
}

// roots are the paths that are watched instead of the current folder. A pattern is
// watched besides.
func (c Config) roots() (roots []string) {
	for _, path := range c.Watch {
		if !strings.ContainsAny(path, "*?[{") {
			roots = append(roots, path)
		}
	}
	return roots
}

func (c Config) newWatcher(installs chan installation) (*watch.Watcher, error) {
	// The first boot, or build, comes after this and reads the program's source as it
	// is then. The watcher allows for the coarseness of the file system's clock (20 ms);
	// a save right before hotswap was started is no change.
	r := c.Steps.rules
	since := c.Since
	if since.IsZero() {
		since = time.Now()
	}
	files := c.Files
	if c.Project != "" {
		files = slices.Concat(files, []string{c.Project})
	}
	return watch.New(watch.Config{
		Roots: c.roots(),
		Since: since.Add(20 * time.Millisecond),
		Rules: rules.Config{
			Root: c.Root, Command: c.Command, Builds: r.Builds(), Ext: c.Ext, Files: files,
			Include: slices.Concat(c.Watch, r.Patterns()), Ignore: slices.Concat(c.Ignore, r.Outputs()),
		},
		Quiet: c.Quiet, MaxWait: c.MaxWait, Poll: c.Poll, OnNotice: c.Report.Watched, Installer: installer, OnInstall: func(limit time.Duration, own bool) { latest(installs, installation{limit, own}) }, Venv: os.Getenv("VIRTUAL_ENV"),
	})
}
