package direct

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// Program is the main process of a generation, of a runtime that can say whether its arguments are still those with which it was
// executed.
type Program interface {
	// Began says why they may be others; nil: they are not.
	Began(p standby.Process) error
}

// Start is how a program starts without its launchers. It is constant.
type Start struct {
	Launchers []standby.Process // above the program, the command's first
	left      []string          // their names
	program   standby.Process
	pipes     string             // the folder in which the program looks for its parent's pipe; "": it does not
	files     standby.FileStates // that the launchers read, in the state of then
	began     []string           // the environment that hotswap gave the command
}

// settings are files that launchers read, in the folders of their processes and above.
var settings = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".pnpmfile.cjs",
	"bun.lock", "bun.lockb", "bunfig.toml", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.cjs", ".node-version", ".nvmrc", ".tool-versions",
	"node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-integrity", "node_modules/.yarn-state.yml", ".env*",
}

// None is the error of a program that the command starts itself.
const None = handoff.Unknown("nothing stands between the command and the program")

// New judges the path from the command's process to the program's, of a generation that ran the whole command. An error says why
// the next generation must run the whole command, too.
func New(command []string, path []standby.Process, program any) (*Start, error) {
	n := len(path) - 1
	if n < 1 {
		return nil, None
	}
	main := path[n]
	p, ok := program.(Program)
	if !ok {
		return nil, fmt.Errorf("%s is started by its launchers only", main.Name())
	}
	s := &Start{Launchers: path[:n], program: main}
	if err := cmp.Or(p.Began(main), s.judge(command)); err != nil {
		return nil, err
	}
	if err := s.inspect(); err != nil {
		return nil, err
	}
	s.began = s.given(command)
	return s, nil
}

// given returns the environment that hotswap gave the command: its keeper's. A script that did more than to look for the
// first launcher, which it then became, may have made variables anew each time: what it gave that launcher must not change.
func (s *Start) given(command []string) []string {
	first := s.Launchers[0]
	if above, err := standby.Look([]int{first.PPID}); err == nil && len(above) == 1 && standby.Stepped(command, standby.Named(s.folders(), command...)) == nil {
		return above[0].Env
	}
	return first.Env
}

// judge judges what the processes were told.
func (s *Start) judge(command []string) error {
	path := append(slices.Clone(s.Launchers), s.program)
	for i, p := range s.Launchers {
		name, err := launcher(p, path[i+1], command, i == len(s.Launchers)-1, scriptsIn)
		if err != nil {
			return err
		}
		command = nil
		s.left = append(s.left, name)
	}
	s.left = slices.Compact(s.left)
	for _, p := range path {
		if slices.ContainsFunc(p.Argv, readsOurs) {
			return errReadsOurs
		}
	}
	parent := s.Launchers[len(s.Launchers)-1]
	switch {
	case s.program.Var("NODE_CHANNEL_FD") != "":
		return errors.New("its parent has a channel to it")
	case s.program.Dir != parent.Dir && filepath.Join(s.program.Dir, "package.json") != s.program.Var("npm_package_json"):
		return errors.New("the program has changed its folder")
	}
	_, err := environment(path[0].Env, s.program.Env, path[0].Env)
	return err
}

// inspect looks at the processes as they run, and notes the files that the launchers have read.
func (s *Start) inspect() error {
	first, main := s.Launchers[0], s.program
	pids := []int{first.PPID, main.PID}
	for _, l := range s.Launchers {
		pids = append(pids, l.PID)
	}
	var all []facts
	for _, pid := range pids {
		f, err := look(pid)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	above := all[2:]
	if err := differs(all[0], above[0], all[1], above); err != nil {
		return err
	}
	if !sameFile(fmt.Sprintf("/proc/%d/exe", main.PID), main.Exe) {
		return errors.New("the program's file was replaced")
	}
	if err := s.findPipe(); err != nil {
		return err
	}
	s.files = standby.Settings(s.folders(), settings)
	s.files.Take(s.read()...)
	began := time.Now().Add(-above[0].age)
	for file := range s.files {
		if changedSince(file, began) {
			return fmt.Errorf("%s has changed since the command began", file)
		}
	}
	return s.copyProxies()
}

// findPipe finds out whether the program has connected to a pipe of its parent's, as tsx has one
// (tsx/dist: temporary-directory, get-pipe-path). It gives signals there before it ends.
func (s *Start) findPipe() error {
	parent := s.Launchers[len(s.Launchers)-1]
	if node.PackageRun(parent.Name(), parent.Argv, parent.Dir) != "tsx" {
		return nil
	}
	tmp := strings.TrimSuffix(cmp.Or(s.program.Var("TMPDIR"), s.program.Var("TMP"), s.program.Var("TEMP"), "/tmp"), "/")
	info, err := os.Stat(fmt.Sprintf("/proc/%d", parent.PID))
	if err != nil {
		return err
	}
	uid, ok := owner(info)
	if !ok {
		return errors.New("tsx's user is not known")
	}
	s.pipes = filepath.Join(tmp, "tsx-"+strconv.Itoa(uid))
	if info, err := os.Lstat(filepath.Join(s.pipes, strconv.Itoa(parent.PID)+".pipe")); err != nil || info.Mode().Type() != os.ModeSocket {
		return errors.New("this tsx speaks to its program in a way that is not known")
	}
	return nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// folders returns the folders in which the processes began.
func (s *Start) folders() (dirs []string) {
	for _, p := range append(slices.Clone(s.Launchers), s.program) {
		dirs = append(dirs, p.Dir)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// read returns files that the launchers have read or run, and folders in which they have looked for commands.
func (s *Start) read() (files []string) {
	var texts []string
	for _, p := range s.Launchers {
		files = append(files, p.Exe)
		texts = append(texts, p.Texts()...)
		if pkg := node.PackageRun(p.Name(), p.Argv, p.Dir); pkg != "" {
			files = append(files, p.Argv[1], node.MainFile(p.Argv, p.Dir), manifestAbove(node.MainFile(p.Argv, p.Dir)))
		}
		for _, name := range []string{"npm_config_userconfig", "npm_config_globalconfig"} {
			files = append(files, s.program.Var(name))
		}
	}
	files = append(files, s.program.Exe)
	for _, dir := range filepath.SplitList(s.program.Var("PATH")) {
		if strings.HasSuffix(dir, "node_modules/.bin") {
			files = append(files, dir) // its time changes when a command comes or goes
		}
	}
	for i, file := range files {
		if file != "" && !filepath.IsAbs(file) {
			files[i] = filepath.Join(s.program.Dir, file)
		}
	}
	// What the program reads itself may change: that is why it starts again.
	named := slices.DeleteFunc(standby.Named(s.folders(), texts...), func(file string) bool { return slices.Contains(ownWords(s), file) })
	return slices.DeleteFunc(append(files, named...), func(file string) bool { return file == "" })
}

// ownWords returns the files that the program's own arguments name.
func ownWords(s *Start) (files []string) {
	for _, word := range s.program.Argv {
		for _, dir := range s.folders() {
			if path := word; filepath.IsAbs(path) {
				files = append(files, path)
			} else {
				files = append(files, filepath.Join(dir, path))
			}
		}
	}
	return files
}

// manifestAbove returns the manifest of a file's package.
func manifestAbove(file string) string {
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "package.json")
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// Valid says what the launchers read that has changed; nil: nothing has.
func (s *Start) Valid() error {
	return s.files.Validate(standby.Settings(s.folders(), settings))
}

// Apply changes a launch that is complete, so that the program starts without its launchers. An error says why the whole
// command has to run; then the launch is unchanged.
func (s *Start) Apply(l *handoff.Launch) error {
	if l.ListenPID { // behind launchers the program does not see that they are meant for it
		return errors.New("hotswap passes sockets to the command")
	}
	if err := s.Valid(); err != nil {
		return err
	}
	if info, err := os.Stat(s.pipes); s.pipes != "" && (err != nil || !info.IsDir()) {
		return fmt.Errorf("%s is gone", s.pipes)
	}
	env, err := environment(s.began, s.program.Env, l.Env)
	if err != nil {
		return err
	}
	l.Argv, l.Env, l.Path, l.Dir, l.Pipes = s.program.Argv, env, s.program.Exe, s.program.Dir, s.pipes
	return nil
}

// Left returns the names of the launchers.
func (s *Start) Left() []string { return s.left }

// Name returns the program's name.
func (s *Start) Name() string { return s.program.Name() }
