package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/once"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/port"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
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
// people only. A hotswap that replaces another keeps that one's ports.
func (s *session) choosePort(says bool) error {
	o, choice, unknown := s.options.Port, port.Choice{}, error(nil)
	if !o.Auto {
		s.port = o.Number
	} else {
		dir, err := filepath.EvalSymlinks(s.dir)
		if err != nil {
			return err
		}
		memory, nowhere := ports()
		if s.claims == nil {
			s.claims = memory.Claims() // the memory's error tells
		}
		taken := func(p int) bool { // a hotswap below another one has the port of that one's folder in PORT
			below := os.Getenv(options.RunEnv) != "" && os.Getenv("PORT") == strconv.Itoa(p)
			return !port.Free(p) || !below && !s.claims.Claim(p)
		}
		if s.port == 0 {
			choice, unknown = memory.Choose(dir, o.Number, taken)
			unknown = cmp.Or(nowhere, unknown)
			s.port = choice.Port
		}
		if s.port == 0 {
			return exit.Unavailablef("--port auto=%d: no port from there on is free", o.Number)
		}
		s.numbers = port.NewNumbers(dir, s.wasNumbers, port.Config{
			Memory: memory, From: o.Number, Taken: taken, Named: s.isNamed, Notify: s.printer.InCode,
		})
	}
	if s.port != 0 && says {
		s.printer.Port(s.port, choice.Taken, unknown)
	}
	return nil
}

// inheritNumbers takes over the numbers of ports in the program's code, and the claims.
func (s *session) inheritNumbers(left func(state any) (fds []int)) error {
	for _, fd := range left(&s.wasNumbers) {
		s.claims = port.Inherited(fd)
	}
	return nil
}

func (s *session) shareNumbers() (state any, fds []int, err error) {
	return s.numbers.Given(), s.claims.FDs(), nil
}

// isNamed reports whether the program was told the port, or hotswap was told that it listens there.
func (s *session) isNamed(p int) bool {
	at := func(e handoff.Endpoint) bool { return int(e.Port()) == p }
	return p == s.port || slices.ContainsFunc(slices.Concat(s.options.Listen, s.activation.Endpoints()), at)
}

// lead returns what has the program listen at other ports than those in its code; nil: nothing has.
func (s *session) lead() intercept.Ports {
	if !s.options.Port.Auto {
		return nil
	}
	return s.numbers
}

func with(env []string, name, value string) []string {
	return append(handoff.Without(env, name), name+"="+value)
}
