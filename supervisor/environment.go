package supervisor

import (
	"errors"
	"fmt"
	"slices"
)

// Environment is what a process finds at its start.
type Environment struct {
	Vars   []string // that files add, NAME=value, sorted
	Folder string   // in which the process starts, without symbolic links
}

// environ reads what files add to the environment now, and enters the folder in which processes start.
func (s *Supervisor) environ() (Environment, error) {
	if s.cfg.Environ == nil {
		return Environment{}, nil
	}
	return s.cfg.Environ()
}

// env returns the whole environment of a process.
func (s *Supervisor) env(from Environment, more ...string) []string {
	env := slices.Concat(s.cfg.Env, from.Vars, more)
	if s.cfg.Compilers == nil {
		return env
	}
	return s.cfg.Compilers(env)
}

// commandEnv returns the whole environment of a command.
func (s *Supervisor) commandEnv() ([]string, error) {
	from, err := s.environ()
	return s.env(from), err
}

var (
	errEnvironment = errors.New("the files with variables have changed")
	errFolder      = errors.New("the program's folder is another one now")
)

// sameEnvironment reports, as an error, that a program which was started with these variables would get others now.
func (s *Supervisor) sameEnvironment(then Environment) error {
	now, err := s.environ()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errEnvironment, err)
	case !slices.Equal(now.Vars, then.Vars):
		return errEnvironment
	case now.Folder != then.Folder:
		return errFolder
	}
	return nil
}
