package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// event is a line of hotswap (docs/events.md), as far as a trial reads it.
type event struct {
	Event, Level, Message string
	Gen                   int
	CutoverUS             int64 `json:"cutover_us"`
}

// swapServer has this binary swap the doctor's server, asks the new process, and ends both. canGetFD is false if
// pidfd_getfd(2) is forbidden.
func swapServer(ctx context.Context) (canGetFD bool, cutover time.Duration, err error) {
	port, err := freePort()
	if err != nil {
		return true, 0, err
	}
	server, err := ServerArgv(port)
	if err != nil {
		return true, 0, err
	}
	lines, theirs, err := os.Pipe()
	if err != nil {
		return true, 0, err
	}
	defer lines.Close()
	args := []string{"--no-watch", "--no-adapter", "--probation", "0", "--ready-timeout", wait.Work.String(),
		"--events", "fd:3", "--"}
	cmd := exec.CommandContext(ctx, server[0], append(args, server...)...)
	cmd.Dir, cmd.Env, cmd.ExtraFiles = "/", environ(), []*os.File{theirs}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return true, 0, err
	}
	canGetFD, err = true, errors.New("hotswap ended without a swap")
	for all := json.NewDecoder(lines); ; {
		var e event
		if all.Decode(&e) != nil {
			_ = cmd.Wait() // the events say how it went
			return canGetFD, cutover, err
		}
		end := syscall.Signal(0)
		switch {
		case e.Event == "sockets-injected":
			canGetFD = false
		// SIGHUP may be ignored (nohup), but no other way is there without a folder
		case e.Event == "serving" && e.Gen == 1:
			if exec.CommandContext(ctx, server[0], "reload", "--pid", strconv.Itoa(cmd.Process.Pid)).Run() != nil {
				_ = cmd.Process.Signal(syscall.SIGHUP)
			}
		case e.Event == "serving":
			cutover, end = time.Duration(e.CutoverUS)*time.Microsecond, syscall.SIGTERM
			err = ask(ctx, port, e.Gen)
		case e.Level == "error" && e.Event != "no-socket", e.Event == "degraded", e.Event == "running":
			err, end = fmt.Errorf("%s", e.Message), syscall.SIGQUIT
		}
		if end != 0 {
			_ = cmd.Process.Signal(end)
		}
	}
}

// environ returns the environment without what would be another trial's: options, and a service manager.
func environ() []string {
	names := []string{readiness.NotifySocket}
	for _, o := range options.All() {
		names = append(names, o.Env)
	}
	return handoff.Without(os.Environ(), names...)
}
