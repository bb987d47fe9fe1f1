package supervisor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Environment is what files add to the environment of a process.
type Environment struct {
	Vars  []string // NAME=value, sorted
	Files []report.EnvFile
}

// environ reads what files add to the environment now.
func (s *Supervisor) environ() (Environment, error) {
	if s.cfg.Environ == nil {
		return Environment{}, nil
	}
	return s.cfg.Environ()
}

// env returns the whole environment of a process.
func (s *Supervisor) env(from Environment, more ...string) []string {
	return slices.Concat(s.cfg.Env, from.Vars, more)
}

// commandEnv returns the whole environment of a command.
func (s *Supervisor) commandEnv() ([]string, error) {
	from, err := s.environ()
	return s.env(from), err
}

// recipe is what a program is started with.
type recipe struct {
	argv []string
	env  Environment
}

// SetCommand replaces the command of the generations that start from now on. The caller must not
// change argv.
func (s *Supervisor) SetCommand(argv []string) {
	s.argv.Store(&argv)
	s.post(s.publish)
}

// recipe returns what a program that starts now is started with.
func (s *Supervisor) recipe() (recipe, error) {
	env, err := s.environ()
	return recipe{*s.argv.Load(), env}, err
}

var (
	errEnvironment = errors.New("the files with variables have changed")
	errCommand     = errors.New("the command is another")
)

// sameRecipe reports, as an error, that a program which was started with this recipe would be
// started with another one now.
func (s *Supervisor) sameRecipe(then recipe) error {
	now, err := s.recipe()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errEnvironment, err)
	case !slices.Equal(now.argv, then.argv):
		return errCommand
	case !slices.Equal(now.env.Vars, then.env.Vars):
		return errEnvironment
	}
	return nil
}
