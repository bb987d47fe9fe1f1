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
	var o options
	flags := flag.NewFlagSet("bench rush", flag.ExitOnError)
	out := folderFlag(flags, "dist/rush", "rush.md, rush.json")
	docs := flags.Bool("docs", false, "write the table of docs/evidence.md, too")
	rhythm := flags.Duration("rhythm", time.Second, "the mean time between two saves")
	flags.IntVar(&o.saves, "saves", 60, "saves")
	flags.StringVar(&o.hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	folder, err := out(&o)
	if err != nil {
		return err
	}
	h, err := begin(o)
	if err != nil {
		return err
	}
	defer h.close()
	before, most := loadAverage(), 0
	table := "| a program that boots in 3 s, a save every " + rhythm.String() + " | saves | boots | versions shown | boots between two of them, at most | longest time without a newer one |\n|---|--:|--:|--:|--:|--:|\n"
	var tracks []*track
	for _, c := range []contender{
		{name: "hotswap", hotswap: warm, command: []string{"node", "server.mjs"}},
		{name: "node --watch", command: []string{"node", "--watch", "server.mjs"}, inPlace: "it misses saves that rename over a file"},
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
	err = s.save(folder, *docs, tracks, table)
	if most > mostBoots {
		err = errors.Join(err, fmt.Errorf("%d boots began between two versions that were shown", most))
	}
	return err
}

func (h *harness) rush(c contender, rhythm time.Duration) (row string, most int, t *track, err error) {
	dir, err := h.temp()
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
	c.env = []string{"BOOTS=" + boots}
	o := h.options
	if c.hotswap != nil {
		o.wrap = e2etest.OwnCache(dir + ".cache")
		if err := os.Mkdir(dir+".cache", 0o700); err != nil {
			return "", 0, nil, err
		}
	}
	p, err := launch(o, c, dir, filepath.Join(h.logs, "rush-"+strings.ReplaceAll(c.name, " ", "")+".log"))
	if err != nil {
		return "", 0, nil, err
	}
	defer p.stop()
	if err := p.serves(h.ctx); err != nil {
		return "", 0, nil, err
	}
	begun := time.Now()
	one := &cell{options: o, program: program{name: "rush", edited: []string{"version.mjs"}}, rhythm: rhythm}
	t = newTrack(one, c)
	if err := one.turn(h.ctx, p, t, 0, h.saves); err != nil {
		return "", 0, nil, err
	}
	t.Load = loadAverage()
	t.explain(p.log)
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
		if !s.answered.IsZero() && !slices.ContainsFunc(showings, s.answered.Equal) {
			showings = append(showings, s.answered)
		}
	}
	most, longest := bootsBetween(begun, all, showings)
	return fmt.Sprintf("| %s | %d | %d | %d | **%d** | %.1f s |\n", c.name, h.saves, len(all), len(showings), most, longest.Seconds()), most, t, nil
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
