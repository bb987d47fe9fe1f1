//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// process is a running contender.
type process struct {
	contender contender
	dir, port string
	log       string // file with all that it has written
	cmd       *exec.Cmd
	done      chan struct{} // closed when cmd has been waited for
	version   int           // of the last save
	saves     int
}

// start runs a contender on a copy of the project in source.
func start(o options, c contender, source, dir, log string) (*process, error) {
	if err := copyProject(dir, source); err != nil {
		return nil, err
	}
	return launch(o, c, dir, log)
}

// launch runs a contender in dir.
func launch(o options, c contender, dir, log string) (*process, error) {
	free := o.port
	if free == nil {
		free = freePort
	}
	port, err := free()
	if err != nil {
		return nil, err
	}
	argv := expand(c.command, port)
	if c.hotswap != nil {
		binary := o.hotswap
		if c.baseline {
			binary = o.baseline
		}
		argv = slices.Concat(o.wrap, []string{binary, "--log", "json", "--verbose"}, c.hotswap, []string{"--"}, argv)
	}
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{contender: c, dir: dir, port: port, log: log, cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{}), version: 1}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, out, out
	p.cmd.Env = append(append(os.Environ(), "PORT="+port, "ADDR=127.0.0.1:"+port), c.env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop ends the contender with everything in its process group.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		if p.contender.hotswap != nil {
			_ = p.cmd.Process.Signal(syscall.SIGQUIT) // at once
			select {
			case <-p.done:
			case <-time.After(10 * time.Second):
			}
		}
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// url returns the address of a path.
func (p *process) url(path string) string { return "http://127.0.0.1:" + p.port + path }

func freePort() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
