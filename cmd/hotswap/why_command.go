package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/why"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

func whyCommand(std streams) *cli.Command {
	return filesCommand(std, "why", "say what a change of the file PATH does, and by which line", func(q *why.Question, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return exit.Usagef("why takes one path; write for example: hotswap why src/server.ts")
		}
		q.Path = args[0]
		return nil
	})
}

func watchCommand(std streams) *cli.Command {
	return filesCommand(std, "watch", "list the files that are watched, and why", func(_ *why.Question, args []string) error {
		if len(args) > 0 {
			return exit.Usagef("watch takes no arguments: leave out %q", args[0])
		}
		return nil
	})
}

// filesCommand returns a sub-command that asks about files.
func filesCommand(std streams, name, usage string, read func(*why.Question, []string) error) *cli.Command {
	q := why.Question{Out: std.out, Err: std.err}
	var path string
	var pid int
	flags := append(hotswapFlags(&path, &pid), options.Switch(&q.JSON, "json", "", "print JSON"))
	c := subCommand(name, usage, flags, nil)
	c.Action = func(c *cli.Context) error {
		args, err := options.Behind(flags, c.Args().Slice())
		if err != nil {
			return options.UsageError(c, err, true)
		}
		if err := errors.Join(options.Parse(flags), read(&q, args)); err != nil {
			return err
		}
		if q.Dir, err = here(); err != nil {
			return err
		}
		socket, err := instance.Find(path, pid)
		switch {
		case errors.Is(err, instance.ErrNoneHere):
			return askFile(c.Context, q, err)
		case err != nil:
			return err
		}
		client := control.NewClient(socket)
		return asked(client, q.Ask(c.Context, client))
	}
	return c
}

// askFile answers by the project's file, as a hotswap that runs its command would. none says that
// no hotswap runs.
func askFile(ctx context.Context, q why.Question, none error) error {
	file, err := project.Find(q.Dir)
	switch {
	case err != nil:
		return err
	case file == nil:
		return none
	case file.Command != nil:
		err = file.Enter()
	case file.Dir() != q.Dir:
		file.Absolute()
	}
	var o options.Options
	o.Flags()
	if err = errors.Join(err, o.Read(file.File)); err != nil {
		return err
	}
	out := ui.NewAsyncWriter(io.Discard, false)
	defer out.Close()
	printer := ui.New(out, o, func() bool { return false }, nil)
	steps, err := newSteps(o, printer)
	if err != nil {
		return err
	}
	s := &session{options: o, file: file, printer: printer}
	c, err := s.newChanges(file.Command, steps, time.Time{})
	if err != nil {
		return err
	}
	q.Note = "no hotswap runs here; by " + file.Name + ":"
	ctx, cancel := context.WithCancel(ctx)
	looked := make(chan error, 1)
	go func() { looked <- c.Look(ctx) }()
	err = q.Ask(ctx, why.Files{Changes: c})
	cancel()
	return errors.Join(err, <-looked)
}
