package fresh

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func Run(args []string) error {
	var (
		o        Options
		flags    = flag.NewFlagSet("bench fresh", flag.ExitOnError)
		programs = flags.String("programs", "", "names, with commas: "+strings.Join(Names(), ",")+" (default all)")
		only     = flags.String("contenders", "", "names, with commas, such as hotswap (default all but hotswap-cold)")
		rhythms  = flags.String("rhythms", "1s,2.5s,10s", "the mean times between two saves")
		traffic  = flags.String("traffic", "both", "on, off or both")
		out      = FolderFlag(flags, "dist/fresh", "fresh.json, fresh.md, fresh.svg")
		from     = flags.String("from", "", "measure nothing, but read these JSON files, with commas")
	)
	docs := flags.Bool("docs", false, "write docs/fresh.svg, too")
	flags.IntVar(&o.Saves, "saves", 16, "saves of each contender in each cell that count")
	flags.IntVar(&o.Rounds, "rounds", 2, "turns of each contender in each cell")
	flags.IntVar(&o.Rate, "rate", 200, "requests per second with traffic; 0: as many as are answered")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	flags.StringVar(&o.Baseline, "baseline", "", "binary of another hotswap to compare with")
	_ = flags.Parse(args) // it exits
	o.programs, o.contenders = Split(*programs), Split(*only)
	for _, text := range Split(*rhythms) {
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
		r, err := read(Split(*from))
		if err != nil {
			return err
		}
		return r.save(folder, *docs)
	}
	h, err := Begin(o)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := h.fresh()
	if len(r.Cells) > 0 {
		err = errors.Join(err, r.save(folder, *docs))
		fmt.Println("\n" + r.table(r.rows()))
		fmt.Println("written to", folder)
	}
	return errors.Join(err, r.fault())
}

// Split splits a list with commas.
func Split(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(text, " ", ""), func(r rune) bool { return r == ',' })
}

// fresh measures every cell. It returns what it has, also with an error.
func (h *Harness) fresh() (*result, error) {
	r := &result{Machine: Machine(), Begun: time.Now().UTC()}
	for _, name := range h.programs {
		if !slices.Contains(Names(), name) {
			return r, fmt.Errorf("no program %s: there are %s", name, strings.Join(Names(), ", "))
		}
	}
	for _, p := range Programs() {
		if len(h.programs) > 0 && !slices.Contains(h.programs, p.Name) {
			continue
		}
		source := filepath.Join(h.Scratch, p.Name)
		if err := p.Prepare(source); err != nil {
			h.Say("%s: left out: %v", p.Name, err)
			r.LeftOut = append(r.LeftOut, LeftOut{Program: p.Name, Why: err.Error()})
			continue
		}
		for _, rhythm := range h.rhythms {
			for _, traffic := range h.traffic {
				c := &Cell{Options: h.Options, Program: p, source: source, Rhythm: rhythm, Traffic: traffic,
					warmups: unsteady}
				err := c.measure(h.Ctx, h.Scratch, r)
				if err != nil {
					return r, fmt.Errorf("%s: %w", c, err)
				}
			}
		}
	}
	return r, nil
}
