// Package gobuild has releases of Go built with hotswap's adapter.
package gobuild

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/handoff/runtime/golang"
)

// Build runs a command in whose builds Go has the adapter, and ends with the code of that command.
func Build(ctx context.Context, command []string) error {
	if len(command) == 0 {
		return exit.Usagef("build needs a command; write for example: hotswap build -- go build -trimpath")
	}
	if err := set(ctx); err != nil {
		return exit.Unavailable(err)
	}
	code, err := terminal.Lend(command)
	if err != nil {
		return exit.Unavailable(err)
	}
	return exit.Ended(code)
}

// Flags returns what Build has in GOFLAGS. A shell goes on where a command fails in an assignment, so with an error
// these are flags that no go command takes.
func Flags(ctx context.Context) (string, error) {
	path := os.Getenv("PATH")
	err := set(ctx)
	if err == nil && os.Getenv("PATH") != path {
		err = errors.New("GOFLAGS alone cannot change a Go that Go has downloaded; write: hotswap build -- go build")
	}
	if err != nil {
		return "-hotswap-goflags-has-failed", exit.Unavailable(err)
	}
	return os.Getenv(golang.Variable), nil
}

// set gives this process, which ends soon, the environment of builds with the adapter.
func set(ctx context.Context) error {
	env, err := golang.Release(ctx, os.Environ())
	if err != nil {
		return err
	}
	os.Clearenv()
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		os.Setenv(name, value) // as it was
	}
	return nil
}
