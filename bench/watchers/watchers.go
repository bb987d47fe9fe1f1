//go:build unix

package watchers

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

const (
	limit  = 6 * time.Minute // of a run
	rhythm = 2500 * time.Millisecond
	lead   = 3 * time.Second // from the first answer to the first save
	saves  = 6
	broken = 3 * time.Second // how long the syntax error stays
	settle = 2 * time.Second // before memory is measured, and after the last save of which the processor time counts
)

// Run is "bench watchers".
func Run(args []string) error {
	o := fresh.Options{Rate: 200}
	flags := flag.NewFlagSet("bench watchers", flag.ExitOnError)
	out := fresh.FolderFlag(flags, "dist/watchers", "watchers.md, watchers.json, watchers.svg")
	docs := flags.Bool("docs", false, "write the tables of README.md and docs/evidence.md and docs/watchers.svg, too")
	only := flags.String("only", "", "for a trial: rows, with commas and without spaces, such as tsxwatch")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	rows := contenders()
	if names := fresh.Split(*only); len(names) > 0 {
		rows = slices.DeleteFunc(rows, func(c contender) bool {
			return !slices.Contains(names, strings.ReplaceAll(c.Name, " ", ""))
		})
	}
	if len(rows) == 0 || *docs && *only != "" {
		return errors.New("-only names no row, or the tables would lack rows")
	}
	tools, err := versions(rows)
	if err != nil {
		return err
	}
	folder, err := out(&o)
	if err != nil {
		return err
	}
	h, err := fresh.Begin(o)
	if err != nil {
		return err
	}
	defer h.Close()
	ctx, stop := context.WithTimeoutCause(h.Ctx, limit, fmt.Errorf("the run has taken %v", limit))
	defer stop()
	before := fresh.LoadAverage()
	var all []*result
	for _, c := range rows {
		r, err := measure(ctx, h, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, errors.Join(err, context.Cause(ctx)))
		}
		h.Say("%s", strings.TrimSpace(r.row()))
		all = append(all, r)
	}
	machine := fmt.Sprintf("%s; load averages before the run %s, after it %s. %s", fresh.Machine(), before,
		fresh.LoadAverage(), tools)
	text := table(all) + "\n" + machine +
		"; uvicorn is Debian 12's, of 2022; entr stands for watchexec, which Debian 12 does not have.\n"
	fmt.Println("\n" + text)
	b, err := json.MarshalIndent(all, "", " ")
	err = errors.Join(err,
		os.WriteFile(filepath.Join(folder, "watchers.json"), append(b, '\n'), 0o644),
		os.WriteFile(filepath.Join(folder, "watchers.svg"), []byte(chart(all, fresh.Machine())), 0o644),
		os.WriteFile(filepath.Join(folder, "watchers.md"), []byte(text), 0o644))
	if *docs {
		const begin, end = "<!-- watchers: written by .ci/bench watchers -docs -->\n", "<!-- /watchers -->\n"
		root := e2etest.Root()
		err = errors.Join(err,
			os.WriteFile(filepath.Join(root, "docs/watchers.svg"), []byte(chart(all, fresh.Machine())), 0o644),
			fresh.ReplaceBetween(filepath.Join(root, "README.md"), begin, end, front(all)),
			fresh.ReplaceBetween(filepath.Join(root, "docs/evidence.md"), begin, end, text))
	}
	return err
}

// measure measures one contender.
func measure(ctx context.Context, h *fresh.Harness, c contender) (*result, error) {
	scratch, err := h.Temp()
	if err != nil {
		return nil, err
	}
	all, dir, o := fresh.Programs(), filepath.Join(scratch, "project"), h.Options
	program := all[slices.IndexFunc(all, func(p fresh.Program) bool { return p.Name == c.program })]
	self, err := os.Executable()
	if err := errors.Join(err, os.Mkdir(dir+".cache", 0o700), program.Prepare(dir)); err != nil {
		return nil, err
	}
	if c.Hotswap != nil {
		o.Wrap = append([]string{self, "reap"}, e2etest.OwnCache(dir+".cache")...)
	} else {
		c.Command = append([]string{self, "reap"}, c.Command...)
	}
	p, err := fresh.Launch(o, c.Contender, dir, filepath.Join(o.Logs, strings.ReplaceAll(c.Name, " ", "")+".log"))
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	if err := p.Serves(ctx); err != nil {
		return nil, err
	}
	seen, err := c.listen(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open a connection that stays open: %w", err)
	}
	r := &result{Name: c.Name, Platform: c.Platform, Front: c.front}
	cell := &fresh.Cell{Options: o, Program: program, Rhythm: rhythm, Traffic: true, Lead: lead}
	r.Saves = fresh.NewTrack(cell, c.Contender)
	if err := cell.Turn(ctx, p, r.Saves, 0, saves); err != nil {
		return nil, err
	}
	r.Saves.Count()
	r.Socket, r.Newest = seen(), p.Version
	r.Broken, err = cell.Break(ctx, p, broken)
	if err != nil {
		return nil, err
	}
	again := &fresh.Cell{Options: o, Program: program, Rhythm: rhythm, Traffic: true, Lead: time.Millisecond}
	r.Mended = fresh.NewTrack(again, c.Contender)
	if err := again.Turn(ctx, p, r.Mended, 0, 1); err != nil {
		return nil, err
	}
	if err := fresh.Sleep(ctx, settle); err != nil {
		return nil, err
	}
	quiet := &fresh.Cell{Options: o, Program: program, Rhythm: settle, Lead: time.Millisecond}
	r.Quiet = fresh.NewTrack(quiet, c.Contender)
	reaper := fresh.Pss(p.Cmd.Process.Pid) // is the benchmark's
	weighed := r.Quiet.Weigh(p.Cmd.Process.Pid)
	err = quiet.Turn(ctx, p, r.Quiet, 0, 2)
	err = errors.Join(err, fresh.Sleep(ctx, settle))
	weighed()
	r.Quiet.Idle -= reaper
	return r, errors.Join(err, r.check())
}
