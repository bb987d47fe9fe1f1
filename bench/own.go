//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

const ownServer = `import { createServer } from 'node:http'

createServer((_, answer) => answer.end(JSON.stringify({ pong: true, version: %d, pid: process.pid }))).listen(Number(process.env.PORT), '127.0.0.1')
`

// ownPace is the time from one save to the next: probation and the drain are over by then.
const ownPace = 4 * time.Second

// runOwn is "bench own": the processor time of hotswap's own process for a save of a small server.
func runOwn(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench own", flag.ExitOnError)
	flags.IntVar(&o.Saves, "saves", 6, "saves")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	fresh.Say("load before: %s", fresh.LoadAverage())
	for _, c := range []struct {
		name        string
		kept, ended int
	}{
		{"nobody connected", 0, 0},
		{"200 clients with kept connections, each asks every 2 s", 200, 0},
		{"25,000 connections in TIME_WAIT", 0, 25_000},
	} {
		spent, err := h.own(c.kept, c.ended)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		fresh.Figure("own processor, "+c.name, spent, "ms a save")
	}
	fresh.Say("load after: %s", fresh.LoadAverage())
	return nil
}

// own returns the milliseconds that hotswap's own process spends for a save: without what it has started.
func (h machinery) own(kept, ended int) (float64, error) {
	dir, err := h.Temp()
	if err != nil {
		return 0, err
	}
	file, version := filepath.Join(dir, "server.mjs"), 1
	write := func() error { return os.WriteFile(file, fmt.Appendf(nil, ownServer, version), 0o644) }
	if err := write(); err != nil {
		return 0, err
	}
	p, err := h.Starts(h.Hotswap, dir, []string{}, []string{"node", "server.mjs"})
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	if err := endConnections(ended); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(h.Ctx)
	defer cancel()
	var failed atomic.Pointer[error]
	url := "http://127.0.0.1:" + p.Port + "/ping"
	for range kept {
		go asksAgain(ctx, url, &failed)
	}
	save := func() error {
		version++
		if err := errors.Join(write(), fresh.Sleep(h.Ctx, ownPace)); err != nil {
			return err
		}
		if got, err := versionAt(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, url); err != nil ||
			got != version {
			return fmt.Errorf("version %d serves %s after the save of %d: %w", got, ownPace, version, err)
		}
		return nil
	}
	for range 3 { // hotswap learns the program, and the standby has its packages
		if err := save(); err != nil {
			return 0, err
		}
	}
	before, err := fresh.UsageOf(p.Cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	for range h.Saves {
		if err := save(); err != nil {
			return 0, err
		}
	}
	after, err := fresh.UsageOf(p.Cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	if err := failed.Load(); err != nil {
		return 0, fmt.Errorf("a request failed: %w", *err)
	}
	if left := inTimeWait(); left < ended*9/10 { // a port that a client gets again takes its connection out
		return 0, fmt.Errorf("%d connections are in TIME_WAIT at the end, of %d", left, ended)
	}
	return float64(after.Ticks-before.Ticks) * 10 / float64(h.Saves), nil // a tick is 10 ms
}

// asksAgain asks on a connection of its own until ctx ends.
func asksAgain(ctx context.Context, url string, failed *atomic.Pointer[error]) {
	client := &http.Client{Transport: &http.Transport{}}
	for fresh.Sleep(ctx, 2*time.Second) == nil {
		if _, err := versionAt(client, url); err != nil && ctx.Err() == nil {
			failed.Store(&err)
		}
	}
}

func versionAt(client *http.Client, url string) (int, error) {
	answer, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	var got struct{ Version int }
	return got.Version, errors.Join(err, json.Unmarshal(b, &got))
}

// endConnections leaves so many connections behind that the kernel remembers for a minute, as a load test does.
func endConnections(n int) error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close() // first: the server's end is the one that is remembered
		}
	}()
	for i := range n { // from several addresses, each of which has 28,000 ports
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%100))}}
		c, err := d.Dial("tcp4", l.Addr().String())
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, c)
		if err := errors.Join(err, c.Close()); err != nil {
			return err
		}
	}
	return nil
}

// inTimeWait reads proc_net_sockstat(5).
func inTimeWait() int {
	b, _ := os.ReadFile("/proc/net/sockstat")
	_, rest, _ := strings.Cut(string(b), " tw ")
	n, _ := strconv.Atoi(strings.Fields(rest + " 0")[0])
	return n
}
