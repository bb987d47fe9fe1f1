package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// answersWithin is how long a hotswap may take to say how it stands.
const answersWithin = 5 * time.Second

// asks makes a sub-command that speaks with a running hotswap.
func asks(name, usage string, flags []cli.Flag, action func(*cli.Context, *control.Client) error) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, OnUsageError: usageError,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "control", Usage: "the path of the hotswap's control socket"},
			&cli.IntFlag{Name: "pid", Usage: "the hotswap's process id"},
		}, flags...),
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return exit.Usagef("%s takes no arguments: leave out %q", name, c.Args().First())
			}
			path, err := find(c)
			if err != nil {
				return err
			}
			client := control.NewClient(path)
			if err := action(c, client); err != nil {
				return asked(client, err)
			}
			return nil
		},
	}
}

// asked is an error of a conversation: it could not be had.
func asked(client *control.Client, err error) error {
	var e *exit.Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return exit.Unavailable(fmt.Errorf("hotswap (process %d) does not answer; is it stopped (Ctrl-Z)? fg lets it go on", client.PID()))
	}
	return exit.Unavailable(err)
}

// ready says that a hotswap answers, before it is asked for what may take long.
func ready(c *cli.Context, client *control.Client) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(c.Context, answersWithin)
	defer cancel()
	return client.Status(ctx)
}

// find is the path of the control socket that is meant: what was said, else
// the environment's, which a program's processes have, else the hotswap of this
// directory or of the nearest above.
func find(c *cli.Context) (string, error) {
	said, pid := c.String("control"), c.Int("pid")
	env := os.Getenv(options.ControlEnv)
	switch {
	case said != "" && pid != 0:
		return "", exit.Usagef("give --control or --pid, not both")
	case said != "":
		return said, nil
	case pid != 0:
		for _, r := range running() {
			if r.PID == pid {
				return spokenWith(r)
			}
		}
		return "", exit.Unavailable(fmt.Errorf("process %d is no hotswap of yours", pid))
	case env != "" && env != options.ControlNone:
		return env, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", exit.Unavailable(err)
	}
	near := nearest(physical(dir), running())
	switch len(near) {
	case 0:
		return "", exit.Unavailable(fmt.Errorf("no hotswap runs in %s or above it; say which by --pid or --control", dir))
	case 1:
		return spokenWith(near[0])
	}
	var which []string
	for _, r := range near {
		which = append(which, fmt.Sprintf("--pid %d (%s)", r.PID, strings.Join(r.Command, " ")))
	}
	return "", exit.Unavailable(fmt.Errorf("%d hotswaps run in %s: say which by %s", len(near), near[0].Dir, strings.Join(which, " or ")))
}

func spokenWith(r record.Record) (string, error) {
	if r.Control == "" {
		return "", exit.Unavailable(fmt.Errorf("hotswap (process %d) runs without a control socket; send it SIGHUP to swap, SIGTERM to stop", r.PID))
	}
	return r.Control, nil
}

// nearest are those of the deepest directory that is dir or above it.
func nearest(dir string, all []record.Record) []record.Record {
	var out []record.Record
	for ; ; dir = filepath.Dir(dir) {
		for _, r := range all {
			if physical(r.Dir) == dir {
				out = append(out, r)
			}
		}
		if len(out) > 0 || dir == filepath.Dir(dir) {
			return out
		}
	}
}

// physical is the path without symbolic links.
func physical(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	return path
}

// running are this user's hotswaps. One that could not write its record is
// found by its socket.
func running() []record.Record {
	var out []record.Record
	for _, dir := range record.Homes() {
		for _, r := range dir.All() {
			if r.SameNamespace() && r.Alive() {
				out = append(out, r)
			}
		}
		for _, path := range dir.SocketsWithoutRecord() {
			ctx, cancel := context.WithTimeout(context.Background(), answersWithin/5)
			b, err := control.NewClient(path).Status(ctx)
			cancel()
			var st supervisor.Status
			if err != nil || json.Unmarshal(b, &st) != nil {
				continue
			}
			r := record.Record{Command: st.Command, Control: path}
			r.PID = st.PID
			r.Dir, _ = os.Readlink(fmt.Sprintf("/proc/%d/cwd", st.PID))
			out = append(out, r)
		}
	}
	return out
}
