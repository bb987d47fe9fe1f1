//go:build unix

package fresh

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// Harness is what every sub-command needs to measure.
type Harness struct {
	Options
	Ctx     context.Context
	Scratch string // a folder until close
	Close   func()
}

// Begin builds hotswap unless a binary is given, and keeps its processes apart from others on the machine.
func Begin(o Options) (h *Harness, err error) {
	h = &Harness{Options: o}
	h.Scratch, err = os.MkdirTemp("", "hotswap-bench")
	if err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	h.Ctx, h.Close = ctx, func() { stop(); os.RemoveAll(h.Scratch) }
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	run := filepath.Join(h.Scratch, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		return nil, err
	}
	if err := os.Setenv("XDG_RUNTIME_DIR", run); err != nil {
		return nil, err
	}
	if h.Hotswap == "" {
		h.Hotswap = filepath.Join(h.Scratch, "hotswap")
		return h, e2etest.Build(h.Hotswap, "./cmd/hotswap", nil)
	}
	h.Hotswap, err = filepath.Abs(h.Hotswap)
	return h, err
}

// Say prints a line with the time.
func Say(format string, args ...any) {
	fmt.Printf("%s "+format+"\n", append([]any{time.Now().UTC().Format(time.TimeOnly)}, args...)...)
}

// Figure prints a measured value.
func Figure(name string, value float64, unit string) {
	fmt.Printf("%-44s %10.3f %s\n", name, value, unit)
}

// FolderFlag defines -out, and returns a function that makes the folder, and one for logs in it.
func FolderFlag(flags *flag.FlagSet, preset, files string) func(*Options) (string, error) {
	out := flags.String("out", preset, "folder for "+files+" and logs")
	return func(o *Options) (string, error) {
		folder, err := filepath.Abs(*out)
		o.Logs, o.Say = filepath.Join(folder, "logs"), Say
		if err == nil {
			err = os.MkdirAll(o.Logs, 0o755)
		}
		return folder, err
	}
}

// Starts runs a program below a hotswap, or bare if binary is "", and waits until it answers.
func (h *Harness) Starts(binary, dir string, args, command []string, env ...string) (*Process, error) {
	c := Contender{Name: "hotswap", Hotswap: args, Command: command, Env: env}
	if binary == "" {
		c.Name, c.Hotswap = "bare", nil
	}
	o := h.Options
	o.Hotswap = binary
	log, err := os.CreateTemp(h.Scratch, "log")
	if err != nil {
		return nil, err
	}
	log.Close()
	p, err := Launch(o, c, dir, log.Name())
	if err != nil {
		return nil, err
	}
	if err := p.Serves(h.Ctx); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// Temp makes a folder below the scratch folder.
func (h *Harness) Temp() (string, error) { return os.MkdirTemp(h.Scratch, "dir") }
