package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// folder has the files of the project.
var folder = os.DirFS(".")

func initCommand(std streams) *cli.Command {
	return client.New("init", "write hotswap.yaml for this project, from what its watcher runs",
		func(context.Context, []string) error {
			proposal, err := setup.Propose(folder)
			switch {
			case errors.Is(err, setup.ErrNothing):
				return exit.Unavailable(setup.Last(std.err, err))
			case errors.Is(err, setup.ErrDone):
				return exit.Usagef("%w", err)
			case err != nil:
				return exit.Unavailable(err)
			}
			did := "no " + project.Name + " is needed for"
			if proposal.Outer == "" || len(proposal.Keys) > 0 {
				did = "wrote " + project.Name + " from"
				if err := project.Create(proposal.YAML()); err != nil {
					return err
				}
			}
			fmt.Fprintf(std.err, "hotswap: %s %s\n", did, plain.Line(proposal.Source))
			for _, left := range proposal.Left {
				fmt.Fprintf(std.err, "hotswap: not taken over: %s\n", plain.Line(left))
			}
			if proposal.Old == "" {
				fmt.Fprintln(std.err, "hotswap: hotswap alone runs it")
			} else {
				fmt.Fprintf(std.err, "hotswap: now write %s there instead of: %s\n", plain.Line(proposal.Instead()),
					plain.Line(proposal.Old))
			}
			return nil
		})
}

// install says how to install the packages of package.json where none is installed, or why hotswap does not look for a
// program there; else "".
func install(err error) string {
	missing, unsafe := project.Packages()
	return cmp.Or(human.If(missing != "", "node_modules "+missing+setup.NearestManager()+" install"),
		human.If(unsafe != "" && errors.Is(err, exec.ErrNotFound),
			"node_modules/.bin is not in PATH, because other users may write that or "+unsafe+" (chmod go-w)"))
}

// example returns what to write to run the program of this folder, or else that.
func example(orElse string) string { return cmp.Or(plain.Line(setup.Line(folder)), orElse) }

// advise returns what to write instead of a command that watches files itself.
func advise(command []string) string { return setup.Advice(folder, command) }
