package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// openProject reads the file of the current folder, and returns one without a path if there is none. With ownCommand
// the file's command is to run.
func openProject(ownCommand bool) (*project.File, error) {
	here, err := os.Getwd()
	if err != nil {
		return &project.File{}, nil // the folder was removed: what follows says so
	}
	file, err := project.Find(here)
	switch {
	case !ownCommand && errors.As(err, new(project.UntrustedError)):
		return &project.File{LeftOut: err.Error()}, nil
	case err != nil:
		return nil, err
	case file == nil:
		return &project.File{}, nil
	case ownCommand && file.Command == nil:
		return nil, exit.Usagef("%s has no command; add one, or write for example: %s", project.Name,
			example("hotswap -- npm run dev"))
	case ownCommand && os.Getenv(options.FileEnv) == file.Path: // again and again
		return nil,
			exit.Usagef("%s: its command starts hotswap, which would run that command: let it start the program itself",
				project.Name)
	}
	return file, nil
}

// environ returns the environment of the program without what files add to it.
func (s *session) environ() []string {
	env := s.instance.Environ(os.Environ())
	if s.port != 0 {
		env = with(env, "PORT", strconv.Itoa(s.port))
	}
	if !s.file.Runs {
		return env
	}
	return with(env, options.FileEnv, s.file.Path)
}

// compile returns the environment of a command that may compile Go.
func (s *session) compile(env []string) []string {
	a := s.compiler()
	s.built.Store(a)
	return a.Environ(env)
}

// openCompiler has Go's compiler put the adapter in, unless no command can compile Go. stop returns when hotswap
// compiles nothing any more.
func (s *session) openCompiler(env, command []string) (stop func()) {
	s.compiler = func() *golang.Adapter { return nil }
	if s.options.NoWatch || s.options.NoAdapter {
		return func() {}
	}
	runs := []string{strings.Join(command, " ")}
	for _, r := range s.options.Rules {
		runs = append(runs, r.Run)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.compiler = golang.New(ctx, s.dir, env, runs, proc.RunApart, func(state golang.State, err error) {
		a := report.GoAdapterStatus{State: string(state)}
		if err != nil {
			a.Error = err.Error()
		}
		s.printer.GoAdapter(a, s.goAdapter.Swap(&a))
	})
	s.compiler()
	return func() {
		cancel()
		s.compiler().Await()
	}
}
