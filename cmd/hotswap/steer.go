package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/client"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/everywhere"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/outcome"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func steerCommands(std streams) []*cli.Command {
	var limit time.Duration // of a pause; 0: without end
	// steer returns a sub-command that asks for the command of its name.
	steer := func(name, usage string, flags ...cli.Flag) *cli.Command {
		return client.Command(name, usage, func(ctx context.Context, client *control.Client) error {
			if err := mayAsk(name, client); err != nil {
				return err
			}
			asked := client.PID()
			ended := instance.WatchEnd(asked)
			call := name
			if limit > 0 {
				call += "?for=" + limit.String()
			}
			r, err := client.Command(ctx, call)
			if err != nil {
				return err
			}
			if r.Outcome == report.OutcomeResumed {
				return awaitOutcome(ctx, std, client)
			}
			if r.Outcome == report.OutcomeStopped {
				if stops := client.PID(); stops != asked { // an upgrade has replaced it
					instance.WatchEnd(stops)()
				}
				ended()
			}
			return printOutcome(std, name, r)
		}, flags...)
	}
	return []*cli.Command{
		steer("reload", "swap in a fresh process and wait until it serves or fails"),
		steer("rollback", "give new connections back to the previous generation"),
		steer("pause", "keep changes of files, and swap for none, until hotswap resume",
			options.Duration(&limit, "for", "end by itself after this time, such as 2m")),
		steer("resume", "make one swap of the changes that were kept, and wait for it"),
		options.OrAll(steer("stop", "drain, stop, and wait until no process is left"),
			"stop every hotswap of this user", func(ctx context.Context) error {
				return everywhere.Stop(ctx, std.out)
			}),
	}
}

// mayAsk returns why a command must not be carried out. A command that an event of a hotswap has started would start
// the next event of the same hotswap, for ever.
func mayAsk(name string, client *control.Client) error {
	event := os.Getenv("HOTSWAP_EVENT")
	if event == "" || client.Path != os.Getenv(options.ControlEnv) || name != "reload" && name != "rollback" {
		return nil
	}
	return exit.Unavailablef(
		"the event %q of this hotswap has started this command, so hotswap %s would go on for ever; change to the folder of the hotswap that you mean, or name it with --pid", event, name)
}

// awaitOutcome waits until the newest save serves or has failed, and prints which.
func awaitOutcome(ctx context.Context, std streams, client *control.Client) error {
	r, err := client.Command(ctx, "wait")
	if err == nil {
		err = printOutcome(std, "wait", r)
	}
	return err
}

func printOutcome(std streams, command string, r control.Result) error {
	text, err := outcome.Of(command, r)
	if err == nil {
		_, err = fmt.Fprintln(std.out, text)
	}
	return err
}
