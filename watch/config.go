package watch

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

const (
	DefaultQuiet = 60 * time.Millisecond // editors and formatters write a file again within this time
	// MaxWait bounds how long a storm of writes keeps a swap away; twice Config.Quiet does, where that is longer.
	MaxWait = 2 * time.Second
	// ShortQuiet is the quiet time of a single file that its writer has closed, unless
	// Config.Quiet fixes it.
	ShortQuiet = 15 * time.Millisecond
	Return     = 500 * time.Millisecond // the time that a file has to come back after its removal
)

// Config says what to watch and how. Only Rules.Root is needed.
type Config struct {
	Roots []string     // folders or single files, relative to Rules.Root; default: Rules.Root
	Venv  string       // the active virtual environment of Python, if there is one: its packages count
	Rules rules.Config // which files count; Roots, Native and Programs are filled in
	// how long nothing must happen after a single save; default: ShortQuiet, DefaultQuiet or longer, as earlier saves
	// have taught
	Quiet time.Duration
	// files changed since then count as changed if they could not be read before; default: when New was called
	Since time.Time
	// reports whether a process installs packages; default: none does
	Installs func() bool
	OnNotice func(Notice) // called from Run's goroutine, must not block; default: none

	open  func() (source, error) // seams for tests: the kernel, and the disk
	files files
}

// complete fills in the defaults and makes the roots absolute.
func (c Config) complete() (Config, error) {
	c.Since = cmp.Or(c.Since, time.Now())
	if c.OnNotice == nil {
		c.OnNotice = func(Notice) {}
	}
	if c.open == nil {
		c.open = openKernel
	}
	if c.Installs == nil {
		c.Installs = func() bool { return false }
	}
	c.files = cmp.Or[files](c.files, osFiles{})
	return c, c.locate()
}

func (c *Config) debounce() debounce {
	if c.Quiet > 0 {
		return debounce{long: c.Quiet, max: max(MaxWait, 2*c.Quiet)}
	}
	return debounce{short: ShortQuiet, long: DefaultQuiet, max: MaxWait}
}

// comes reports whether a missing root is the folder of a build that has not run yet, as dist in
// a fresh clone. The watch of the folder that it will be in reports it.
func (c *Config) comes(at, root string) bool {
	rel, _ := filepath.Rel(at, root) // of absolute paths it does not fail
	return rules.OutputDir(rel) && is(c.files.Stat, filepath.Dir(root), fs.ModeDir)
}

// locate finds the roots and the program's own files.
func (c *Config) locate() error {
	at := c.Rules.Root
	abs := func(path string) string { return filepath.Clean(regular.Absolute(path, at)) }
	if len(c.Roots) == 0 {
		c.Roots = []string{at}
	}
	for _, root := range c.Roots {
		root = abs(root)
		_, err := c.files.Stat(root)
		if err != nil && !(errors.Is(err, fs.ErrNotExist) && c.comes(at, root)) {
			return fmt.Errorf("watch %s: %w", root, err)
		}
		c.Rules.Roots = append(c.Rules.Roots, root)
	}
	c.Rules.Exists = func(path string) bool {
		_, err := c.files.Stat(path)
		return err == nil
	}
	own := rules.Programs(c.Rules.Command, func(word string) bool { return is(c.files.Stat, abs(word), 0) })
	for i, word := range own {
		native := string(head(c.files, abs(word), 4)) == "\x7fELF"
		if i == 0 && word == c.Rules.Command[0] {
			c.Rules.Native = native
		}
		if native && len(c.Rules.Builds) > 0 {
			continue // that is what they build
		}
		c.Rules.Programs = append(c.Rules.Programs, abs(word))
	}
	c.Rules.Packages = rules.FindPackages(c.Rules, c.Venv)
	return nil
}
