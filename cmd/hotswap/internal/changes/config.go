package changes

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/launchers"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

type Config struct {
	Root    string // the current folder
	Command []string
	Server  *rules.Server // the command is one that reloads its own sources; nil: it is none
	Steps   *Steps        // what the project's rules do
	Files   []string      // files with variables, which count whatever their kind
	Watch   []string      // --watch and --ignore
	Ignore  []string
	// Given returns where the user gave an option's value, such as "hotswap.yaml:5". The value "" stands for the first
	// one.
	Given     func(option, value string) string
	Quiet     time.Duration
	Own       []string      // patterns of what running hotswaps write
	Probation time.Duration // after it a generation is asked what it has loaded
	Since     time.Time     // what has changed since then counts; zero: since the watcher is made
	// Project is the file of the project; "": there is none. Its changes do not concern the program.
	Project string

	Report Reporter
	// Saved is called with the absolute path of each changed file, before a generation starts because of the change;
	// nil: nothing is called.
	Saved func(path string)
}

// watched returns the paths of --watch, which replace the current folder. Patterns do not, and neither do paths where
// the program reloads its own sources: there they are what counts besides.
func (c Config) watched() (roots []string) {
	if c.Server != nil {
		return nil
	}
	for _, path := range c.Watch {
		// the folder [slug] is no pattern
		if exists(path) || !strings.ContainsAny(path, "*?[{") {
			roots = append(roots, path)
		}
	}
	return roots
}

// installs reports whether a process installs packages that the program may load: one whose folder is the project's, or
// lies below it, or above it with a package.json.
func (c Config) installs() bool {
	all, _ := procfs.Processes() // none, where the system does not say
	return slices.ContainsFunc(all, func(pid int) bool {
		p := procfs.Of(pid)
		if !launchers.Installs(p.Words("cmdline")) {
			return false
		}
		dir := p.Link("cwd")
		return dir != "" && (rules.Within(dir, c.Root) ||
			rules.Within(c.Root, dir) && regular.File(filepath.Join(dir, "package.json")))
	})
}

func (c *Changes) newWatcher() (*watch.Watcher, error) {
	// The first boot or build comes later, and reads the source as it is then. The watcher allows for the coarse clock
	// of the file system (20 ms): a save right before the start of hotswap is no change.
	r := c.Steps.Rules
	files := c.Files
	if c.Project != "" {
		files = slices.Concat(files, []string{c.Project})
	}
	return watch.New(watch.Config{
		Roots: c.watched(), Since: cmp.Or(c.Since, time.Now()).Add(wait.ClockLag),
		Rules: rules.Config{
			Root: c.Root, Command: c.Command, Server: c.Server, Builds: r.Builds(), Files: files,
			Include: slices.Concat(r.Patterns, c.Watch), Except: r.Except,
			Ignore: slices.Concat(c.Ignore, r.Outputs(), c.Own),
		},
		Quiet: c.Quiet, Venv: os.Getenv("VIRTUAL_ENV"),
		OnNotice: c.Report.Watched, Installs: c.installs,
	})
}
