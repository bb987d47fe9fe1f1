package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options say what is measured.
type options struct {
	programs   []string // default: all
	contenders []string // default: all
	rhythms    []time.Duration
	traffic    []bool
	saves      int // per contender that count
	rounds     int // turns per contender
	rate       int // requests per second with traffic; 0: as many as are answered
	hotswap    string
	baseline   string // another hotswap to compare with, or ""
	logs       string // folder for what contenders write
	say        func(format string, args ...any)
	wrap       []string               // a command before hotswap's own
	port       func() (string, error) // of a contender; nil: any that is free
}

// commands are the sub-commands. Without one, it is fresh.
var commands = map[string]func([]string) error{"fresh": runFresh, "stacks": runStacks, "baseline": runBaseline, "cost": runCost, "state": runState, "survey": runSurvey,
	"columns": columns.run, "first": firstSessions.run, "busy": busySessions.run, "processor": processorTimes.run, "rush": runRush}

func main() {
	name, args := "fresh", os.Args[1:]
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	run := commands[name]
	if run == nil {
		fmt.Fprintf(os.Stderr, "bench: no command %s: there are %s\n", name, strings.Join(slices.Sorted(maps.Keys(commands)), ", "))
		os.Exit(64)
	}
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func runFresh(args []string) error {
	var (
		o        options
		flags    = flag.NewFlagSet("bench fresh", flag.ExitOnError)
		programs = flags.String("programs", "", "names, with commas: "+strings.Join(names(), ",")+" (default all)")
		only     = flags.String("contenders", "", "names, with commas, such as hotswap (default all but hotswap-cold)")
		rhythms  = flags.String("rhythms", "1s,2.5s,10s", "the mean times between two saves")
		traffic  = flags.String("traffic", "both", "on, off or both")
		out      = folderFlag(flags, "dist/fresh", "fresh.json, fresh.md, fresh.svg")
		from     = flags.String("from", "", "measure nothing, but read these JSON files, with commas")
	)
	docs := flags.Bool("docs", false, "write docs/fresh.svg and the table of docs/evidence.md, too")
	flags.IntVar(&o.saves, "saves", 16, "saves of each contender in each cell that count")
	flags.IntVar(&o.rounds, "rounds", 2, "turns of each contender in each cell")
	flags.IntVar(&o.rate, "rate", 200, "requests per second with traffic; 0: as many as are answered")
	flags.StringVar(&o.hotswap, "hotswap", "", "binary (default: built from this repository)")
	flags.StringVar(&o.baseline, "baseline", "", "binary of another hotswap to compare with")
	_ = flags.Parse(args) // it exits
	o.programs, o.contenders = split(*programs), split(*only)
	for _, text := range split(*rhythms) {
		if strings.Trim(text, "0123456789.") == "" {
			text += "s"
		}
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("-rhythms %s: %w", text, err)
		}
		o.rhythms = append(o.rhythms, d)
	}
	switch *traffic {
	case "on":
		o.traffic = []bool{true}
	case "off":
		o.traffic = []bool{false}
	case "both":
		o.traffic = []bool{false, true}
	default:
		return fmt.Errorf("-traffic %s: want on, off or both", *traffic)
	}
	folder, err := out(&o)
	if err != nil {
		return err
	}
	if *from != "" {
		r, err := read(split(*from))
		if err != nil {
			return err
		}
		return r.save(folder, *docs)
	}
	h, err := begin(o)
	if err != nil {
		return err
	}
	defer h.close()
	r, err := h.fresh()
	if len(r.Cells) > 0 {
		err = errors.Join(err, r.save(folder, *docs))
		fmt.Println("\n" + r.table(r.rows()))
		fmt.Println("written to", folder)
	}
	return errors.Join(err, r.fault())
}

// split splits a list with commas.
func split(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(text, " ", ""), func(r rune) bool { return r == ',' })
}

// fresh measures every cell. It returns what it has, also with an error.
func (h *harness) fresh() (*result, error) {
	r := &result{Machine: machine(), Begun: time.Now().UTC()}
	for _, name := range h.programs {
		if !slices.Contains(names(), name) {
			return r, fmt.Errorf("no program %s: there are %s", name, strings.Join(names(), ", "))
		}
	}
	for _, p := range programs() {
		if len(h.programs) > 0 && !slices.Contains(h.programs, p.name) {
			continue
		}
		source := filepath.Join(h.scratch, p.name)
		if err := p.prepare(source); err != nil {
			h.say("%s: left out: %v", p.name, err)
			r.LeftOut = append(r.LeftOut, leftOut{Program: p.name, Why: err.Error()})
			continue
		}
		for _, rhythm := range h.rhythms {
			for _, traffic := range h.traffic {
				c := &cell{options: h.options, program: p, source: source, rhythm: rhythm, traffic: traffic, warmups: unsteady}
				err := c.measure(h.ctx, h.scratch, r)
				if err != nil {
					return r, fmt.Errorf("%s: %w", c, err)
				}
			}
		}
	}
	return r, nil
}
