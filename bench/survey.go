//go:build unix

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// runSurvey is "bench survey", the evidence for 'any server': as many kinds as can be had, unmodified, swapped five
// times under load. A server that is not installed is skipped, by its name. To install them:
//
//	apt-get install --no-install-recommends nodejs gunicorn uvicorn python3-hypercorn python3-tornado python3-aiohttp \
//	  python3-waitress uwsgi-core uwsgi-plugin-python3 puma unicorn thin ruby-webrick php-cli starman starlet twiggy \
//	  libserver-starter-perl libmojolicious-perl caddy nginx-light haproxy h2o lighttpd apache2 redis-server memcached \
//	  mono-runtime mono-mcs libmono-system4.0-cil erlang-inets openjdk-17-jdk-headless rustc
//	npm ci --prefix bench/testdata/survey
//	npm ci --prefix examples/fleet
func runSurvey(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench survey", flag.ExitOnError)
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	only := flags.String("servers", "", "names, with commas (default all)")
	never := flags.Bool("held", false,
		"without interception: servers of Node and Python, which ask hotswap for their sockets")
	_ = flags.Parse(args) // it exits
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	var table strings.Builder
	var errs []error
	for _, s := range servers {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), s.name) {
			continue
		}
		options := []string{"--no-watch"}
		if *never {
			// uWSGI opens its sockets in C, so Python's adapter does not see them
			if s.language != "Node" && s.language != "Python" || strings.Contains(s.name, "uWSGI") {
				continue
			}
			options = append(options, "--interception", "never")
		}
		row, err := h.tries(s, options)
		if row != "" {
			fmt.Fprintf(&table, "| %s | %s | %s |\n", s.language, s.name, row)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
		}
		fresh.Say("%s: %s %v", s.name, row, err)
	}
	fmt.Printf(
		"\n| language | server | requests | failed | races/closes | drain, median | longest | remark |\n|---|---|--:|--:|--:|--:|--:|---|\n%s", table.String())
	return errors.Join(errs...)
}

// tries prepares a server and swaps it, below a hotswap with these options.
func (h machinery) tries(s server, options []string) (row string, err error) {
	survey := filepath.Join(e2etest.Root(), "bench/testdata/survey")
	dir, err := h.Temp()
	if err == nil {
		err = errors.Join(os.Chmod(h.Scratch, 0o755), os.Chmod(dir, 0o755)) // workers may be another user
	}
	ports := make([]string, 3)
	for i := range ports {
		port, failed := fresh.FreePort()
		ports[i], err = port, errors.Join(err, failed)
	}
	if err != nil {
		return "", err
	}
	fill := strings.NewReplacer(append([]string{"@PORT@", ports[0], "@PORTS@", strings.Join(ports, ","), "@DIR@", dir,
		"@SURVEY@", survey}, s.fill...)...)
	filled := func(words []string) (out []string) {
		for _, w := range words {
			out = append(out, fill.Replace(w))
		}
		return out
	}
	at, command := filepath.Join(survey, s.dir), filled(s.command)
	version := func(int) error { return nil }
	if s.fleet {
		at = filepath.Join(dir, "fleet")
		if fresh.Copied("examples/fleet")(at) != nil {
			return "", errors.New("examples/fleet has no packages: npm ci installs them")
		}
		if strings.Contains(command[0], "/") {
			command[0] = filepath.Join(at, command[0])
		}
		version = func(v int) error {
			return os.WriteFile(filepath.Join(at, "version.json"), fmt.Appendf(nil, `{ "version": %d }`, v), 0o644)
		}
	}
	needs := filled(s.needs)
	if len(s.build) == 0 {
		needs = append(needs, command[0])
	}
	if i := slices.IndexFunc(needs, isMissing); i >= 0 {
		fresh.Say("%s: skipped: %s is missing", s.name, needs[i])
		return "", nil
	}
	if len(s.build) > 0 {
		if err := execute(e2etest.Root(), filled(s.build)...); err != nil {
			return "", err
		}
	}
	if s.conf != "" {
		template, err := os.ReadFile(filepath.Join(e2etest.Root(), s.conf))
		for v := 1; v <= 6; v++ {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, fmt.Sprintf("ping-%d.json", v)),
				fmt.Appendf(nil, `{"pong":true,"version":%d,"pid":1}`, v), 0o644))
		}
		version = func(v int) error {
			return os.WriteFile(filepath.Join(dir, "run.conf"),
				[]byte(strings.ReplaceAll(fill.Replace(string(template)), "@VERSION@", strconv.Itoa(v))), 0o644)
		}
		if err := errors.Join(err, version(1)); err != nil {
			return "", err
		}
	}
	o := h.Options
	o.Port = func() (string, error) { return ports[0], nil }
	p, err := fresh.Launch(o, fresh.Contender{
		Name: "hotswap", Hotswap: options, Command: command,
		Env: append([]string{"DIR=" + dir, "PYTHONDONTWRITEBYTECODE=1"}, filled(s.env)...),
	}, at, filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	defer p.Stop()
	if _, err := p.Logs(h.Ctx, "serving", 1); err != nil {
		return "", err
	}
	targets, err := open(h.Ctx, ports[:max(1, s.ports)])
	if err != nil {
		return "", err
	}
	return h.swapsFive(s, p, targets, version)
}

// open returns the addresses of ports once a program listens at each: a server serves before it has opened its last
// one.
func open(ctx context.Context, ports []string) (targets []string, err error) {
	for _, port := range ports {
		at := "127.0.0.1:" + port
		for {
			c, err := net.Dial("tcp", at)
			if err == nil {
				_ = c.Close()
				break
			}
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(10 * time.Millisecond):
			}
		}
		targets = append(targets, at)
	}
	return targets, nil
}

// isMissing reports whether this machine lacks a file or a program.
func isMissing(name string) bool {
	_, err := os.Stat(name)
	if !strings.Contains(name, "/") {
		_, err = exec.LookPath(name)
	}
	return err != nil
}

// swapsFive swaps under load, and returns a row.
func (h machinery) swapsFive(s server, p *fresh.Process, targets []string, version func(int) error) (row string,
	err error) {
	ctx, cancel := context.WithCancel(h.Ctx)
	defer cancel()
	var answers func(ctx context.Context, version int) error
	var end func() (requests, failed, raced, closes uint64, err error)
	if s.crowd != nil {
		c := s.crowd(targets[0])
		c.Begin()
		defer c.Halt()
		answers, end = c.Answers, c.End
	} else {
		c := load.New(load.Config{Targets: targets, Kinds: []load.Kind{load.FreshGET(8), load.KeepAliveGET(8)},
			Checks: load.ExampleChecks(), Timeout: fresh.Booting})
		go c.Run(ctx)
		answers = func(ctx context.Context, v int) error {
			return c.Await(ctx, func(n load.Snapshot) bool { return n.Version(strconv.Itoa(v)).Answers >= 20 })
		}
		end = func() (uint64, uint64, uint64, uint64, error) {
			cancel()
			n := c.Wait()
			lost := n.Failed()
			if s.known != "" { // complete wrong answers are the server's own
				lost -= n.Counts[load.Wrong]
			}
			var err error
			if lost > 0 {
				err = fmt.Errorf("%d requests failed: %v", lost, n)
			}
			return n.Requests, n.Failed(), n.Closes.Raced, n.Closes.Total(), err
		}
	}
	waits := func(v int) error {
		ctx, cancel := context.WithTimeout(h.Ctx, fresh.Booting)
		defer cancel()
		return answers(ctx, v)
	}
	if err := waits(1); err != nil {
		return "", err
	}
	var took []float64
	busy, killed := 0, 0
	for v := 2; v <= 6; v++ {
		err := errors.Join(version(v), p.Cmd.Process.Signal(syscall.SIGHUP))
		if err == nil {
			_, err = p.Logs(h.Ctx, "serving", v)
		}
		if err == nil {
			err = waits(v)
		}
		if err != nil {
			return "", err
		}
		l, err := p.Logs(h.Ctx, "drained", v-1)
		if err != nil {
			return "", err
		}
		took = append(took, l.TookMS)
		if l.Busy {
			busy++
		}
		if l.Killed {
			killed++
		}
	}
	requests, failed, raced, closes, err := end()
	slices.Sort(took)
	var remarks []string
	if failed > 0 && s.known != "" {
		remarks = append(remarks, s.known)
	}
	if busy > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of 5 told to stop while busy", busy))
	}
	if killed > 0 {
		remarks = append(remarks, fmt.Sprintf("%d of 5 killed", killed))
		err = errors.Join(err, fmt.Errorf("%d generations had to be killed", killed))
	}
	return fmt.Sprintf("%d | %d | %d/%d | %.0f ms | %.0f ms | %s", requests, failed, raced, closes, took[len(took)/2],
		took[len(took)-1], strings.Join(remarks, ", ")), err
}
