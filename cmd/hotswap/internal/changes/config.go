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
	Watch   []string // --watch and --ignore
	Ignore  []string
	// Place says where the user gave a value of an option, such as "hotswap.yaml:5"; "" stands for
	// the first value.
	Place     func(option, value string) string
	Quiet     time.Duration
	Own       []string      // patterns of what running hotswaps write
	Probation time.Duration // of a generation, before it is asked what it has loaded
	Since     time.Time     // what has changed since then counts; zero: since the watcher is made
	// Project is the file of the project; "": there is none. Its changes are none of the program.
	Project string

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

func (c *Changes) newWatcher() (*watch.Watcher, error) {
	cfg := c.cfg
	// The first boot, or build, comes after this and reads the program's source as it
	// is then. The watcher allows for the coarseness of the file system's clock (20 ms);
	// a save right before hotswap was started is no change.
	r := cfg.Steps.rules
	since := cfg.Since
	if since.IsZero() {
		since = time.Now()
	}
	files := cfg.Files
	if cfg.Project != "" {
		files = slices.Concat(files, []string{cfg.Project})
	}
	return watch.New(watch.Config{
		Roots: cfg.roots(), Since: since.Add(20 * time.Millisecond),
		Rules: rules.Config{
			Root: cfg.Root, Command: cfg.Command, Builds: r.Builds(), Files: files,
			Include: slices.Concat(cfg.Watch, r.Patterns()), Ignore: slices.Concat(cfg.Ignore, r.Outputs(), cfg.Own),
		},
		Quiet: cfg.Quiet, Venv: os.Getenv("VIRTUAL_ENV"),
		OnNotice: cfg.Report.Watched, Installer: installer,
	})
}
