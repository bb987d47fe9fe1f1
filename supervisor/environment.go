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

// env returns the whole environment of a process.
func (s *Supervisor) env(from Environment, more ...string) []string {
	return s.cfg.Compilers(slices.Concat(s.cfg.Env, from.Vars, more))
}

// commandEnv returns the whole environment of a command.
func (s *Supervisor) commandEnv() ([]string, error) {
	from, err := s.cfg.Environ()
	return s.env(from), err
}

var (
	errEnvironment = errors.New("the files with variables have changed")
	errFolder      = errors.New("the program's folder is another one now")
)

// sameEnvironment reports, as an error, that a program which was started with these variables would get others now.
func (s *Supervisor) sameEnvironment(then Environment) error {
	now, err := s.cfg.Environ()
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
