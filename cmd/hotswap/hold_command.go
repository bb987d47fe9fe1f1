package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// holdCommand returns the sub-command that runs command while changes are kept, and makes one swap of them when it has ended. Its
// exit code is that of command, or says what became of the swap.
func holdCommand(std streams, command []string, code *int) *cli.Command {
	return clientCommand("hold", "keep changes while a command runs (hold -- COMMAND), then swap and wait", nil, func(ctx context.Context, client *control.Client) error {
		if len(command) == 0 {
			return exit.Usagef("hold needs a command; write for example: hotswap hold -- npm run codegen")
		}
		r, end, err := client.Hold(ctx)
		if err != nil {
			return err
		}
		if _, err := says(paused).of(r); err != nil {
			return err
		}
		failed := runHere(command)
		r, err = end(ctx)
		var ended *exec.ExitError
		switch {
		case errors.As(failed, &ended):
			if *code = ended.ExitCode(); *code < 0 {
				*code = exit.CodeSignal + int(ended.Sys().(syscall.WaitStatus).Signal())
			}
			return nil
		case failed != nil:
			return exit.Unavailable(failed)
		case err != nil:
			return err
		case r.Outcome == report.OutcomePaused:
			_, err := fmt.Fprintln(std.out, "paused by others, too: their end makes the swap")
			return err
		}
		return settled(ctx, std, client)
	})
}

// runHere runs a command as a shell does: at our terminal, whose Ctrl-C is for that command alone.
func runHere(command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for sig := range signals {
			if sig == syscall.SIGTERM || sig == syscall.SIGHUP { // the terminal sends the others to both
				_ = cmd.Process.Signal(sig)
			}
		}
	}()
	return cmd.Wait()
}
