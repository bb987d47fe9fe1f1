package supervisor

import (
	"errors"
	"fmt"
	"slices"
)

// Environment is what files add to the environment of a process.
type Environment struct {
	Vars  []string // NAME=value, sorted
	Files []EnvFile
}

// EnvFile is a file, and the variables that it gives.
type EnvFile struct {
	File  string   `json:"file"`
	Names []string `json:"names"`
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

var errEnvironment = errors.New("the files with variables have changed")

// sameEnvironment reports, as an error, that a process which was started with this environment
// would get another one now.
func (s *Supervisor) sameEnvironment(then Environment) error {
	now, err := s.environ()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errEnvironment, err)
	case !slices.Equal(now.Vars, then.Vars):
		return errEnvironment
	}
	return nil
}
