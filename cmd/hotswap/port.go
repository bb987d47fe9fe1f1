package main

import (
	"cmp"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/once"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
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

// choosePort returns the port that the program is told in PORT. An error of the memory counts for people only. A hotswap
// that replaces another keeps that one's port.
func choosePort(o options.Port, parents int) (c port.Choice, unknown, err error) {
	switch {
	case !o.Auto:
		return port.Choice{Port: o.Number}, nil, nil
	case parents != 0:
		return port.Choice{Port: parents}, nil, nil
	}
	dir, err := here()
	if err != nil {
		return c, nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return c, nil, err
	}
	memory, nowhere := ports()
	c, unknown = memory.Choose(dir, o.Number, func(p int) bool { return !port.Free(p) })
	unknown = cmp.Or(nowhere, unknown)
	if c.Port == 0 {
		return c, unknown, exit.Unavailablef("--port auto=%d: no port from there on is free", o.Number)
	}
	return c, unknown, nil
}

func with(env []string, name, value string) []string {
	return append(handoff.Without(env, name), name+"="+value)
}
