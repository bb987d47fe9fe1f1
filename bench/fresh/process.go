//go:build unix

package fresh

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// Process is a running contender.
type Process struct {
	contender Contender
	Dir, Port string
	Log       string // file with all that it has written
	Cmd       *exec.Cmd
	Done      chan struct{} // closed when cmd has been waited for
	Version   int           // of the last save
	Saves     int
}

// start runs a contender on a copy of the project in source.
func start(o Options, c Contender, source, dir, log string) (*Process, error) {
	if err := copyProject(dir, source); err != nil {
		return nil, err
	}
	return Launch(o, c, dir, log)
}

// Launch runs a contender in dir.
func Launch(o Options, c Contender, dir, log string) (*Process, error) {
	free := o.Port
	if free == nil {
		free = FreePort
	}
	port, err := free()
	if err != nil {
		return nil, err
	}
	argv := expand(c.Command, port)
	if c.Hotswap != nil {
		binary := o.Hotswap
		if c.baseline {
			binary = o.Baseline
		}
		argv = slices.Concat(o.Wrap, []string{binary, "--log", "json", "--verbose"}, c.Hotswap, []string{"--"}, argv)
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &Process{contender: c, Dir: dir, Port: port, Log: log, Cmd: exec.Command(argv[0], argv[1:]...),
		Done: make(chan struct{}), Version: 1}
	p.Cmd.Dir, p.Cmd.Stdout, p.Cmd.Stderr = dir, out, out
	p.Cmd.Env = append(append(os.Environ(), "PORT="+port, "ADDR=127.0.0.1:"+port), c.Env...)
	p.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.Cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	go func() {
		_ = p.Cmd.Wait()
		close(p.Done)
	}()
	return p, nil
}

// Stop ends the contender with everything in its process group.
func (p *Process) Stop() {
	_ = p.Cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.Done:
	case <-time.After(3 * time.Second):
		if p.contender.Hotswap != nil {
			_ = p.Cmd.Process.Signal(syscall.SIGQUIT) // at once
			select {
			case <-p.Done:
			case <-time.After(10 * time.Second):
			}
		}
	}
	_ = syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL)
	<-p.Done
}

// url returns the address of a path.
func (p *Process) url(path string) string { return "http://127.0.0.1:" + p.Port + path }

func FreePort() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// Logs waits until hotswap's log has a line.
func (p *Process) Logs(ctx context.Context, event string, gen int) (l e2etest.Line, err error) {
	for end := time.Now().Add(Booting); time.Now().Before(end); {
		lines := logged(p.Log)
		if i := slices.IndexFunc(lines, e2etest.Of(event, gen)); i >= 0 {
			return lines[i], nil
		}
		if err := Sleep(ctx, 20*time.Millisecond); err != nil {
			return l, err
		}
	}
	return l, fmt.Errorf("generation %d: no line %s in %s", gen, event, p.Log)
}
