package bun

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/js"
	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Runtime has each generation's Bun processes report what they run, and prepares standbys
// of Bun programs.
type Runtime struct{ *reports.Transport }

// New returns the runtime, whose reports are in the folders of the generations' adapters.
func New(folder func(handoff.GenID) string) Runtime { return Runtime{reports.New(config, folder)} }

// bun matches names of Bun's executable. npm installs it as bun.exe on every system.
var bun = lazy.Pattern(`^bunx?(-profile|-debug)?(\.exe)?$`)

// Rules: every Bun process that runs JavaScript is held, and none but the main one does:
// 'bun run NAME' starts the command of package.json.
func (Runtime) Rules() standby.Rules {
	return standby.Rules{
		Name: "Bun", IsMain: bun().MatchString,
		IsLauncher: func(p standby.Process) bool { return bun().MatchString(p.Name()) || p.RunsPackages() },
	}
}

// Inspect returns what the main process has reported.
func (r Runtime) Inspect(_ context.Context, gen handoff.GenID, tree func() []int) (standby.Program, []standby.Process,
	error) {
	report, pid, procs, err := reports.Inspect(r.Transport, gen, tree(), read)
	return program{report, pid}, procs, err
}

type program struct {
	report
	pid int
}

func (p program) PID() int { return p.pid }

func (p program) Key() string { return "bun\x00" + p.Version + "\x00" + p.Main }

func (p program) Names([]standby.Process) (words, dirs []string) { return nil, []string{p.Dir} }

// Rereads: Bun opens the program's file after the preloaded ones.
func (p program) Rereads(file string) bool {
	return p.Main != "" && (file == p.Main || regular.Same(file, p.Main))
}

var (
	reloading = lazy.Pattern(`^--(watch|hot)$`)
	debugging = lazy.Pattern(`^--inspect(-brk|-wait)?(=|$)`)
)

// Spec returns what a standby loads, and what makes it stale.
func (p program) Spec(q standby.Request) (s standby.Spec, err error) {
	plan, choice, err := p.plan(q)
	if err != nil {
		return s, err
	}
	switch argv := q.Path[len(q.Path)-1].Argv; { // a standby would do more than wait
	case slices.ContainsFunc(argv, reloading().MatchString):
		return s, errors.New("bun --watch and --hot start the program again by themselves")
	case slices.ContainsFunc(argv, debugging().MatchString):
		return s, errors.New("it listens for a debugger")
	}
	files := p.settings()
	for _, x := range p.Load {
		files.Take(x.File)
	}
	return standby.Spec{Variable: StandbyVariable, Plan: plan, Files: files, Settings: p.settings, Choice: choice}, nil
}

// settings are those of the working directory, of the program's folder, and of all above, and
// the user's, which Bun reads before the program.
func (r report) settings() standby.FileStates {
	dirs := []string{r.Dir}
	if r.Main != "" {
		dirs = append(dirs, filepath.Dir(r.Main))
	}
	s := standby.Settings(dirs, standby.Resolved)
	for _, dir := range []string{os.Getenv("XDG_CONFIG_HOME"), os.Getenv("HOME")} {
		if filepath.IsAbs(dir) {
			s.Take(filepath.Join(dir, ".bunfig.toml"))
		}
	}
	return s
}

// Variables that a Bun process of the program gets, and removes.
const (
	Variable        = "HOTSWAP_BUN"      // the folder of its report
	StandbyVariable = "HOTSWAP_BUN_HOLD" // the folder of a standby
)

var config = reports.Config{
	Name: "bun", Scripts: js.Bundle, Variable: Variable, StandbyVariable: StandbyVariable,
	Loader: "BUN_OPTIONS",
	// Bun loads it before what the user preloads. Bun wants '=' there.
	Entry: func(scripts string) string { return "--preload=" + filepath.Join(scripts, "bun/hotswap.mjs") },
	// Bun passes quotes on as a part of the option's value, and knows no escapes there.
	Separators: " \t\n\v\f\r\"'",
}
