package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/instance"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/outcome"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

type streams struct {
	in       *os.File
	out, err io.Writer // without control characters
	raw      io.Writer // out as it is
}

func run(args []string, in *os.File, out, errOut io.Writer) int {
	if title := os.Getenv(options.DetachedEnv); title != "" {
		args = proc.Retitle(proc.Title(title, ""))
	}
	std := streams{in, plain.NewWriter(out), plain.NewWriter(errOut), out}
	ours, program := args, []string(nil) // the library would run a sub-command where the program has the name of one
	if i := slices.Index(args, "--"); i >= 0 {
		ours, program = args[:i], args[i+1:]
	}
	nameSelf()
	app := newApp(std, args, program)
	if program != nil {
		for _, c := range app.Commands {
			if strings.HasSuffix(c.ArgsUsage, takesCommand) {
				continue
			}
			c.Action = func(*cli.Context) error {
				return exit.Usagef("sub-commands take no program: leave out %q and what follows", "--")
			}
		}
	}
	if err := app.RunContext(context.Background(), ours); err != nil {
		return reportError(errOut, err)
	}
	return exit.OK
}

// nameSelf has an upgrade, and hotswap -d, start hotswap by the path by which this one was started: a link there may
// lead to a newer one by then, and PATH to another one, that of node_modules.
func nameSelf() {
	exe, _ := os.Executable()
	if path, err := exec.LookPath(os.Args[0]); err == nil && regular.Same(path, exe) {
		exe = path
	}
	os.Args[0] = cmp.Or(exe, os.Args[0])
}

// newApp returns the command line's application. program is what follows "--"; nil: there is none.
func newApp(std streams, args, program []string) *cli.App {
	cli.HelpFlag = options.Switch(new(bool), "help", "h", "print this help")
	cli.VersionFlag = options.Switch(new(bool), "version", "", "print the version") // -v is --verbose
	cli.AppHelpTemplate, cli.SubcommandHelpTemplate = page("help"), page("help-command")
	var o options.Options
	return &cli.App{
		Name:    "hotswap",
		Version: version(),
		Reader:  std.in, Writer: std.out, ErrWriter: std.err,
		HideHelpCommand: true,
		// The library leaves HelpFlag out, because there is a command of that name.
		Flags:          append(o.Flags(), cli.HelpFlag),
		OnUsageError:   options.UsageError,
		ExitErrHandler: func(*cli.Context, error) {},
		Commands: slices.Concat(
			[]*cli.Command{doctorCommand(std), statusCommand(std)}, steerCommands(std),
			[]*cli.Command{waitCommand(std), holdCommand(std, program), logsCommand(std), urlCommand(std),
				whyCommand(std), mcpCommand(), initCommand(std), buildCommand(program), goflagsCommand(std),
				doctorServerCommand()}, pageCommands(),
		),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return options.UnknownCommand(c)
			}
			if program != nil && len(program) == 0 {
				return exit.Usagef("no program after %q; write for example: hotswap -- npm run dev", "--")
			}
			file, err := openProject(program == nil)
			switch {
			case err != nil:
				return err
			case program == nil && file.Path == "":
				const none = "no program, and no hotswap.yaml here"
				if err := setup.Packages(folder, false, errors.New(none)); err != nil {
					return exit.Usagef("%w", setup.Last(std.err, err))
				}
				return exit.Usagef(none+"; write: %s",
					example("hotswap -- COMMAND, for example hotswap -- npm run dev; or: hotswap help"))
			case program == nil:
				program = file.Command
				file.Runs = true
			}
			if err := o.Read(file.File); err != nil {
				return err
			}
			err = errors.Join(project.AddPrograms(file.Path != ""), project.CheckCommand(program, o.Rules))
			if err != nil {
				return err
			}
			if o.Detach {
				return instance.Background{Config: instance.Config{Command: program, Name: o.Name, Port: o.Port},
					Args: args[1:], Limit: o.ReadyTimeout + wait.Work, Says: outcome.Of}.Serves(std.out, std.err)
			}
			return supervise(o, file, std, program)
		},
	}
}

// reportError prints err, and a line of advice where there is some, and returns the exit code.
func reportError(w io.Writer, err error) int {
	e, ok := errors.AsType[*exit.Error](err)
	if ok && e.Unwrap() == nil {
		return e.Code
	}
	out := ui.NewAsyncWriter(w, false) // a reader that does not read does not keep hotswap from ending
	defer out.Close()
	fmt.Fprintf(out, "hotswap: %s\n", plain.Line(err.Error()))
	for _, h := range ui.Hints(err, install, advise) {
		if h != "" {
			fmt.Fprintf(out, "hotswap: %s\n", plain.Line(h))
		}
	}
	if ok {
		return e.Code
	}
	return exit.CodeSoftware
}
