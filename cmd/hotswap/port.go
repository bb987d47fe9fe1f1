package main

import (
	"cmp"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/once"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/handoff"
)

// ports returns where the ports of folders are remembered; with an error "".
func ports() (port.Memory, error) {
	tasks, err := once.Home()
	if err != nil {
		return "", err
	}
	return port.Memory(filepath.Join(filepath.Dir(tasks), "ports.json")), nil
}

// choosePort chooses the port that the program is told in PORT, and may say which. An error of the memory counts for
// people only. A hotswap that replaces another keeps that one's port.
func (s *session) choosePort(says bool) error {
	o, choice, unknown := s.options.Port, port.Choice{}, error(nil)
	switch {
	case !o.Auto:
		s.port = o.Number
	case s.port == 0:
		dir, err := here()
		if err != nil {
			return err
		}
		dir, err = filepath.EvalSymlinks(dir)
		if err != nil {
			return err
		}
		memory, nowhere := ports()
		choice, unknown = memory.Choose(dir, o.Number, func(p int) bool { return !port.Free(p) })
		unknown = cmp.Or(nowhere, unknown)
		s.port = choice.Port
		if s.port == 0 {
			return exit.Unavailablef("--port auto=%d: no port from there on is free", o.Number)
		}
	}
	if s.port != 0 && says {
		s.printer.Port(s.port, choice.Taken, unknown)
	}
	return nil
}

func with(env []string, name, value string) []string {
	return append(handoff.Without(env, name), name+"="+value)
}
