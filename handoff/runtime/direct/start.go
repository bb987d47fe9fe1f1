package direct

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Program is the main process of a generation, of a runtime that can say whether its arguments are still those with
// which it was executed.
type Program interface {
	// Began says why they may be others; nil: they are not.
	Began(p standby.Process) error
}

// Start is how a program starts without its launchers. It is constant.
type Start struct {
	judge
	Launchers []standby.Process // above the program, the command's first
	left      []string          // their names
	program   standby.Process
	pipes     string             // the folder in which the program looks for its parent's pipe; "": it does not
	files     standby.FileStates // that the launchers read, in the state of then
	began     []string           // the environment that hotswap gave the command
}

// managerFiles are files in a folder or the user's that may name another shell for a package manager's scripts.
var managerFiles = strings.Fields(".npmrc npmrc pnpm-workspace.yaml .config/pnpm/rc")

// ownShell matches what names such a shell there, and in an environment.
var ownShell = lazy.Pattern(`(?im)(^|\W|_)script[-_]?shell["']?[=:\s]`)

var errOwnShell = errors.New("a package manager has a shell of its own (script-shell)")

// None is the error of a program that the command starts itself.
const None = handoff.Unknown("nothing stands between the command and the program")

// New judges the path from the command's process to the program's, of a generation that was launched with the whole
// command. An error says why the next generation must run the whole command, too.
func New(l handoff.Launch, path []standby.Process, program any) (*Start, error) {
	n := len(path) - 1
	if n < 1 {
		return nil, None
	}
	main := path[n]
	p, ok := program.(Program)
	if !ok {
		return nil, fmt.Errorf("%s is started by its launchers only", main.Name())
	}
	s := &Start{Launchers: path[:n], program: main, began: (&exec.Cmd{Env: l.Env}).Environ()}
	if err := cmp.Or(p.Began(main), s.told(path, l.Argv)); err != nil {
		return nil, err
	}
	if err := s.inspect(l.Argv); err != nil {
		return nil, err
	}
	return s, nil
}

// told judges what the processes were told.
func (s *Start) told(path []standby.Process, command []string) error {
	for _, p := range path {
		switch {
		case slices.ContainsFunc(p.Argv, readsOurs().MatchString):
			return errReadsOurs
		case p.Var("BASH_ENV") != "":
			return errors.New("a shell may run the file of BASH_ENV first")
		case slices.ContainsFunc(p.Env, func(kv string) bool { return ownShell().MatchString(kv) }):
			return errOwnShell
		}
	}
	for i, p := range s.Launchers {
		name, err := s.launcher(p, path[i+1], command, i == len(s.Launchers)-1)
		if err != nil {
			return err
		}
		command = nil
		s.left = append(s.left, name)
	}
	s.left = slices.Compact(s.left)
	parent := s.Launchers[len(s.Launchers)-1]
	switch {
	case s.program.Var("NODE_CHANNEL_FD") != "":
		return errors.New("its parent has a channel to it")
	case s.program.Dir != parent.Dir &&
		filepath.Join(s.program.Dir, "package.json") != s.program.Var("npm_package_json"):
		return errors.New("the program has changed its folder")
	}
	_, err := environment(path[0].Env, s.program.Env, path[0].Env)
	return err
}

// inspect looks at the processes as they run, and notes the files that the launchers have read.
func (s *Start) inspect(command []string) error {
	first, main := s.Launchers[0], s.program
	given, err := readFacts(first.PID)
	has, err2 := readFacts(main.PID)
	stat, err3 := procfs.Of(first.PID).Stat()
	if err := cmp.Or(err, err2, err3); err != nil {
		return err
	}
	if has != given {
		return errors.New(
			"a launcher gives the program another user, descriptor or namespace, or another right (proc(5))")
	}
	keeper := standby.Process{Env: s.began, Dir: procfs.Of(first.PPID).Link("cwd")}
	if err := cmp.Or(s.becomes(command, keeper, first), explains(keeper, first, nil)); err != nil {
		return err
	}
	if !regular.Same(procfs.Of(main.PID).Path("exe"), main.Exe) {
		return errors.New("the program's file was replaced")
	}
	if err := s.findPipe(); err != nil {
		return err
	}
	s.files = s.settings()
	s.files.Take(append(s.read(), s.decided...)...)
	age := time.Duration(procfs.Ticks()-stat.Number(22)) * 10 * time.Millisecond
	since := time.Now().Add(-age - wait.ClockLag) // clocks of files are as coarse as 10 ms
	for file := range s.files {
		if info, err := os.Stat(file); err == nil { // what is not there would be new if it came later
			if changed, ok := regular.Changed(info); !ok || !changed.Before(since) {
				return fmt.Errorf("%s has changed since the command began", file)
			}
		}
		if !slices.ContainsFunc(managerFiles, func(name string) bool { return strings.HasSuffix(file, "/"+name) }) {
			continue
		}
		if text, err := regular.Text(file); err == nil && ownShell().Match(text) {
			return errOwnShell
		}
	}
	return nil
}

// findPipe finds out whether the program has connected to a pipe of its parent's, as tsx has one of its effective user
// (tsx/dist: temporary-directory, get-pipe-path). It gives signals there before it ends.
func (s *Start) findPipe() error {
	parent := s.Launchers[len(s.Launchers)-1]
	if parent.Package() != "tsx" {
		return nil
	}
	tmp := strings.TrimSuffix(cmp.Or(s.program.Var("TMPDIR"), s.program.Var("TMP"), s.program.Var("TEMP"), "/tmp"), "/")
	status, _ := procfs.Of(parent.PID).Read("status")
	s.pipes = filepath.Join(tmp, "tsx-"+strings.Fields(procfs.Field(status, "Uid") + " ? ?")[1])
	if info, err := os.Lstat(filepath.Join(s.pipes, strconv.Itoa(parent.PID)+".pipe")); err != nil ||
		info.Mode().Type() != os.ModeSocket {
		return errors.New("this tsx speaks to its program in a way that is not known")
	}
	return nil
}

func (s *Start) settings() standby.FileStates {
	dirs := []string{s.program.Dir}
	for _, p := range s.Launchers {
		dirs = append(dirs, p.Dir)
	}
	return standby.Settings(dirs, standby.Managed)
}

// read returns files that the launchers have read or run, and folders in which they have looked for commands. What the
// program reads itself may change: that is why it starts again.
func (s *Start) read() []string {
	files := []string{s.program.Exe, s.program.Var("npm_config_userconfig"), s.program.Var("npm_config_globalconfig")}
	for _, name := range managerFiles {
		files = append(files, filepath.Join(s.program.Var("HOME"), name))
	}
	for _, p := range s.Launchers {
		files = append(files, p.Exe)
		for _, word := range p.Argv {
			if !slices.Contains(s.program.Argv, word) {
				files = append(files, regular.Absolute(word, p.Dir))
			}
		}
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		return file == "" || regular.Folder(file)
	})
	for _, dir := range filepath.SplitList(s.program.Var("PATH")) {
		if strings.HasSuffix(dir, "node_modules/.bin") {
			files = append(files, regular.Absolute(dir, s.program.Dir)) // its time changes when a command comes or goes
		}
	}
	return files
}

// Valid says what the launchers read that has changed; nil: nothing has.
func (s *Start) Valid() error {
	return s.files.Validate(s.settings())
}

// Apply changes a launch that is complete, so that the program starts without its launchers. An error says why the
// whole command has to run; then the launch is unchanged.
func (s *Start) Apply(l *handoff.Launch) (d handoff.Direct, err error) {
	if l.ListenPID { // behind launchers the program does not see that they are meant for it
		return d, errors.New("hotswap passes sockets to the command")
	}
	if err := s.Valid(); err != nil {
		return d, err
	}
	if s.pipes != "" && !regular.Folder(s.pipes) {
		return d, fmt.Errorf("%s is gone", s.pipes)
	}
	env, err := environment(s.began, s.program.Env, l.Env)
	if err != nil {
		return d, err
	}
	l.Argv, l.Env, l.Path, l.Dir, l.Pipes = s.program.Argv, env, s.program.Exe, s.program.Dir, s.pipes
	return handoff.Direct{Name: s.program.Name(), Left: s.left, Valid: s.Valid}, nil
}
