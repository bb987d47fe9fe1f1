package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
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

func main() {
	var err error
	if len(os.Args) > 1 && os.Args[1] == "stacks" {
		err = runStacks(os.Args[2:])
	} else {
		err = run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		o        options
		programs = flag.String("programs", "", "names, with commas: "+strings.Join(names(), ",")+" (default all)")
		only     = flag.String("contenders", "", "names, with commas, such as hotswap (default all but hotswap-cold)")
		rhythms  = flag.String("rhythms", "1s,2.5s,10s", "the mean times between two saves")
		traffic  = flag.String("traffic", "both", "on, off or both")
		out      = flag.String("out", "dist/fresh", "folder for fresh.json, fresh.md, fresh.svg and logs")
		from     = flag.String("from", "", "measure nothing, but read these JSON files, with commas")
	)
	docs := flag.Bool("docs", false, "write docs/fresh.svg and the table of docs/evidence.md, too")
	flag.IntVar(&o.saves, "saves", 16, "saves of each contender in each cell that count")
	flag.IntVar(&o.rounds, "rounds", 2, "turns of each contender in each cell")
	flag.IntVar(&o.rate, "rate", 200, "requests per second with traffic; 0: as many as are answered")
	flag.StringVar(&o.hotswap, "hotswap", "", "binary (default: built from this repository)")
	flag.StringVar(&o.baseline, "baseline", "", "binary of another hotswap to compare with")
	flag.Parse()
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
	folder, err := filepath.Abs(*out)
	if err != nil {
		return err
	}
	o.logs = filepath.Join(folder, "logs")
	if err := os.MkdirAll(o.logs, 0o755); err != nil {
		return err
	}
	var r *result
	if *from != "" {
		if r, err = read(split(*from)); err != nil {
			return err
		}
	}
	if err := toPackage(); err != nil {
		return err
	}
	if r != nil {
		return r.save(folder, *docs)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	o.say = say
	r, err = measure(ctx, o)
	if len(r.Cells) > 0 {
		err = errors.Join(err, r.save(folder, *docs))
		fmt.Println("\n" + r.table(r.rows()))
		fmt.Println("written to", folder)
	}
	return errors.Join(err, r.fault())
}

// toPackage changes to this package's folder, where e2etest expects its callers.
func toPackage() error {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return fmt.Errorf("go env GOMOD: %w", err)
	}
	return os.Chdir(filepath.Join(filepath.Dir(strings.TrimSpace(string(out))), "bench"))
}

// split splits a list with commas.
func split(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(text, " ", ""), func(r rune) bool { return r == ',' })
}

// measure measures every cell. It returns what it has, also with an error.
func measure(ctx context.Context, o options) (*result, error) {
	r := &result{Machine: machine(), Begun: time.Now().UTC()}
	scratch, err := os.MkdirTemp("", "hotswap-fresh")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(scratch)
	if o.hotswap == "" {
		o.hotswap = filepath.Join(scratch, "hotswap")
		if err := e2etest.Build(o.hotswap, "./cmd/hotswap", nil); err != nil {
			return r, err
		}
	}
	if err := meetNoOthers(scratch); err != nil {
		return r, err
	}
	for _, name := range o.programs {
		if !slices.Contains(names(), name) {
			return r, fmt.Errorf("no program %s: there are %s", name, strings.Join(names(), ", "))
		}
	}
	for _, p := range programs() {
		if len(o.programs) > 0 && !slices.Contains(o.programs, p.name) {
			continue
		}
		source := filepath.Join(scratch, p.name)
		if err := p.prepare(source); err != nil {
			o.say("%s: left out: %v", p.name, err)
			r.LeftOut = append(r.LeftOut, leftOut{Program: p.name, Why: err.Error()})
			continue
		}
		for _, rhythm := range o.rhythms {
			for _, traffic := range o.traffic {
				c := &cell{options: o, program: p, source: source, rhythm: rhythm, traffic: traffic, warmups: unsteady}
				err := c.measure(ctx, scratch, r)
				if err != nil {
					return r, fmt.Errorf("%s: %w", c, err)
				}
			}
		}
	}
	return r, nil
}
