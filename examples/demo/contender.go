package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// swapped is the server below hotswap, which replaces it at SIGHUP.
type swapped struct {
	binary  string
	cmd     *exec.Cmd
	says    bytes.Buffer   // what a terminal would show
	events  *bufio.Scanner // docs/events.md
	serves  int
	drained int // processes that have ended after a drain
	took    []time.Duration
}

func (s *swapped) start(ctx context.Context, addr string) (err error) {
	s.cmd, err = command(ctx, addr, s.binary, "--no-watch", "--probation", "0s", "--drain-timeout", "10s", "--events",
		"fd:3", "--")
	if err != nil {
		return err
	}
	events, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	if signal.Ignored(syscall.SIGHUP) { // as below nohup: what is caught here, hotswap does not inherit as ignored
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	s.events = bufio.NewScanner(events)
	s.cmd.ExtraFiles, s.cmd.Stderr = []*os.File{theirs}, &s.says
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGQUIT) } // hotswap kills the server, too
	err = s.cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return err
	}
	return s.until(func() bool { return s.serves == 1 })
}

func (s *swapped) replace(next int) error {
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	return s.until(func() bool { return s.serves == next })
}

func (s *swapped) settle() error { return s.until(func() bool { return s.drained == s.serves-1 }) }

func (s *swapped) end() {
	if s.events != nil {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		_ = s.cmd.Wait()
	}
}

func (s *swapped) cutovers() []time.Duration { return s.took }

// until reads events until done reports true.
func (s *swapped) until(done func() bool) error {
	for !done() {
		if !s.events.Scan() {
			_ = s.cmd.Wait()
			return fmt.Errorf("hotswap has ended:\n%s", &s.says)
		}
		var e struct {
			Event, Message string
			Gen            int
			Cutover        int64 `json:"cutover_us"`
		}
		if err := json.Unmarshal(s.events.Bytes(), &e); err != nil {
			return fmt.Errorf("an event of hotswap: %w", err)
		}
		switch e.Event {
		case "serving":
			s.serves = e.Gen
			if e.Gen > 1 {
				s.took = append(s.took, time.Duration(e.Cutover)*time.Microsecond)
			}
		case "drained":
			s.drained++
		case "degraded", "tracking-lost", "not-listening", "failed", "crashed":
			return fmt.Errorf("%s; run hotswap doctor to see what is missing", e.Message)
		}
	}
	return nil
}

// restarted is the server alone: SIGTERM, wait for the end, start anew.
type restarted struct {
	cmd   *exec.Cmd
	again func(number int) error
}

func (r *restarted) start(ctx context.Context, addr string) error {
	r.again = func(number int) (err error) {
		r.cmd, err = command(ctx, addr)
		if err != nil {
			return err
		}
		r.cmd.Env = append(r.cmd.Env, numberVariable+"="+strconv.Itoa(number))
		return r.cmd.Start()
	}
	return r.again(1)
}

func (r *restarted) replace(next int) error {
	r.end()
	return r.again(next)
}

func (r *restarted) settle() error             { return nil }
func (r *restarted) cutovers() []time.Duration { return nil }

func (r *restarted) end() {
	if r.cmd != nil && r.cmd.Process != nil {
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
		_ = r.cmd.Wait()
	}
}
