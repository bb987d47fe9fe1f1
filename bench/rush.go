//go:build unix

package main

import (
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

// slowServer is a program that needs three seconds until it listens, and notes when it begins.
const slowServer = `import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { saved } from './version.mjs'

appendFileSync(process.env.BOOTS, Date.now() + '\n')
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
createServer((_, answer) => answer.end(JSON.stringify({ pong: true, version: saved, pid: process.pid }))).listen(Number(process.env.PORT), '127.0.0.1')
`

// mostBoots is how many boots may begin until something newer is shown.
const mostBoots = 2

// runRush is "bench rush": saves that come faster than a program boots. It fails if more than two boots begin between
// two versions that are shown.
func runRush(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench rush", flag.ExitOnError)
	out := fresh.FolderFlag(flags, "dist/rush", "rush.md, rush.json")
	rhythm := flags.Duration("rhythm", time.Second, "the mean time between two saves")
	flags.IntVar(&o.Saves, "saves", 60, "saves")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	folder, err := out(&o)
	if err != nil {
		return err
	}
	h, err := prepare(o)
	if err != nil {
		return err
	}
	defer h.Close()
	before, most := fresh.LoadAverage(), 0
	table := "| a program that boots in 3 s, a save every " + rhythm.String() +
		" | saves | boots | versions shown | boots between two of them, at most | longest time without a newer one |\n|---|--:|--:|--:|--:|--:|\n"
	var tracks []*fresh.Track
	for _, c := range []fresh.Contender{
		{Name: "hotswap", Hotswap: fresh.Warm, Command: []string{"node", "server.mjs"}},
		{Name: "node --watch", Command: []string{"node", "--watch", "server.mjs"},
			InPlace: "it misses saves that rename over a file"},
	} {
		row, boots, t, err := h.rush(c, *rhythm)
		if err != nil {
			return err
		}
		if t.Hotswap {
			most = boots
		}
		table, tracks = table+row, append(tracks, t)
	}
	s := &study{name: "rush"}
	table += s.conditions(tracks, before)
	fmt.Println("\n" + table)
	err = s.save(folder, false, tracks, table)
	if most > mostBoots {
		err = errors.Join(err, fmt.Errorf("%d boots began between two versions that were shown", most))
	}
	return err
}

func (h machinery) rush(c fresh.Contender, rhythm time.Duration) (row string, most int, t *fresh.Track, err error) {
	dir, err := h.Temp()
	if err != nil {
		return "", 0, nil, err
	}
	boots := dir + ".boots"
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "server.mjs"), []byte(slowServer), 0o644),
		os.WriteFile(filepath.Join(dir, "version.mjs"), []byte("export const saved = 1\n"), 0o644),
	)
	if err != nil {
		return "", 0, nil, err
	}
	c.Env = []string{"BOOTS=" + boots}
	o := h.Options
	if c.Hotswap != nil {
		o.Wrap = e2etest.OwnCache(dir + ".cache")
		if err := os.Mkdir(dir+".cache", 0o700); err != nil {
			return "", 0, nil, err
		}
	}
	p, err := fresh.Launch(o, c, dir, filepath.Join(h.Logs, "rush-"+strings.ReplaceAll(c.Name, " ", "")+".log"))
	if err != nil {
		return "", 0, nil, err
	}
	defer p.Stop()
	if err := p.Serves(h.Ctx); err != nil {
		return "", 0, nil, err
	}
	begun := time.Now()
	one := &fresh.Cell{Options: o, Program: fresh.Program{Name: "rush", Edited: []string{"version.mjs"}},
		Rhythm: rhythm}
	t = fresh.NewTrack(one, c)
	if err := one.Turn(h.Ctx, p, t, 0, h.Saves); err != nil {
		return "", 0, nil, err
	}
	t.Load = fresh.LoadAverage()
	t.Explain(p.Log)
	text, err := os.ReadFile(boots)
	if err != nil {
		return "", 0, nil, err
	}
	var all []time.Time
	for _, line := range strings.Fields(string(text)) {
		var at int64
		_, _ = fmt.Sscan(line, &at)
		if when := time.UnixMilli(at); when.After(begun) {
			all = append(all, when)
		}
	}
	var showings []time.Time
	for _, s := range t.Samples {
		if !s.Answered.IsZero() && !slices.ContainsFunc(showings, s.Answered.Equal) {
			showings = append(showings, s.Answered)
		}
	}
	most, longest := bootsBetween(begun, all, showings)
	return fmt.Sprintf("| %s | %d | %d | %d | **%d** | %.1f s |\n", c.Name, h.Saves, len(all), len(showings), most,
		longest.Seconds()), most, t, nil
}

// bootsBetween returns how many boots began, at most, until something newer was shown, and the longest time that
// this took.
func bootsBetween(begun time.Time, boots, showings []time.Time) (most int, longest time.Duration) {
	for _, shown := range showings {
		n := 0
		for _, boot := range boots {
			if boot.After(begun) && !boot.After(shown) {
				n++
			}
		}
		most, longest, begun = max(most, n), max(longest, shown.Sub(begun)), shown
	}
	return most, longest
}
