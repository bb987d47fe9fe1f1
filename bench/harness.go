//go:build unix

package main

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

// harness is what every sub-command needs to measure.
type harness struct {
	options
	ctx     context.Context
	scratch string // a folder until close
	close   func()
}

// begin builds hotswap unless a binary is given, and keeps its processes apart from others on the machine.
func begin(o options) (h *harness, err error) {
	h = &harness{options: o}
	if h.scratch, err = os.MkdirTemp("", "hotswap-bench"); err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	h.ctx, h.close = ctx, func() { stop(); os.RemoveAll(h.scratch) }
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	run := filepath.Join(h.scratch, "run")
	if err := os.Mkdir(run, 0o700); err != nil {
		return nil, err
	}
	if err := os.Setenv("XDG_RUNTIME_DIR", run); err != nil {
		return nil, err
	}
	if h.hotswap == "" {
		h.hotswap = filepath.Join(h.scratch, "hotswap")
		return h, e2etest.Build(h.hotswap, "./cmd/hotswap", nil)
	}
	h.hotswap, err = filepath.Abs(h.hotswap)
	return h, err
}

// say prints a line with the time.
func say(format string, args ...any) {
	fmt.Printf("%s "+format+"\n", append([]any{time.Now().UTC().Format(time.TimeOnly)}, args...)...)
}

// figure prints a measured value.
func figure(name string, value float64, unit string) {
	fmt.Printf("%-44s %10.3f %s\n", name, value, unit)
}

// folderFlag defines -out, and returns a function that makes the folder, and one for logs in it.
func folderFlag(flags *flag.FlagSet, preset, files string) func(*options) (string, error) {
	out := flags.String("out", preset, "folder for "+files+" and logs")
	return func(o *options) (string, error) {
		folder, err := filepath.Abs(*out)
		o.logs, o.say = filepath.Join(folder, "logs"), say
		if err == nil {
			err = os.MkdirAll(o.logs, 0o755)
		}
		return folder, err
	}
}

// starts runs a program below a hotswap, or bare if binary is "", and waits until it answers.
func (h *harness) starts(binary, dir string, args, command []string, env ...string) (*process, error) {
	c := contender{name: "hotswap", hotswap: args, command: command, env: env}
	if binary == "" {
		c.name, c.hotswap = "bare", nil
	}
	o := h.options
	o.hotswap = binary
	log, err := os.CreateTemp(h.scratch, "log")
	if err != nil {
		return nil, err
	}
	log.Close()
	p, err := launch(o, c, dir, log.Name())
	if err != nil {
		return nil, err
	}
	if err := p.serves(h.ctx); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// temp makes a folder below the scratch folder.
func (h *harness) temp() (string, error) { return os.MkdirTemp(h.scratch, "dir") }
