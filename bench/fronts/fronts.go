//go:build unix

package fronts

import (
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// bench measures.
type bench struct {
	*fresh.Harness
	reloads               int
	badRequests, badFails uint64 // while a bad version was deployed
}

// cell is what a front's clients saw.
type cell struct {
	requests, failed uint64
	old              []float64 // seconds after each reload
}

func (c cell) String() string {
	return fmt.Sprintf("%s of %s | %.2f, %.2f", fresh.Number(float64(c.failed)), fresh.Number(float64(c.requests)),
		fresh.Percentile(slices.Sorted(slices.Values(c.old)), 50), slices.Max(c.old))
}

// Run is "bench fronts".
func Run(args []string) error {
	var o fresh.Options
	flags := flag.NewFlagSet("bench fronts", flag.ExitOnError)
	only := flags.String("servers", "", "rows whose name begins so, with commas (default all)")
	reloads := flags.Int("reloads", 20, "reloads of each server")
	docs := flags.Bool("docs", false, "write the table of docs/evidence.md, too")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	h, err := fresh.Begin(o)
	if err != nil {
		return err
	}
	defer h.Close()
	b := &bench{Harness: h, reloads: *reloads}
	before := fresh.LoadAverage()
	text, line := "| server", "|---"
	for _, f := range fronts {
		text, line = text+" | "+f.name+": failed | old, s", line+"|--:|--:"
	}
	text += " |\n" + line + "|\n"
	var errs []error
	for _, s := range servers() {
		wanted := func(begin string) bool { return strings.HasPrefix(s.name, begin) }
		if !slices.ContainsFunc(strings.Split(*only, ","), wanted) {
			continue
		}
		cells, err := b.row(s)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
		}
		row := "| " + s.name
		for _, c := range cells {
			row += " | " + c.String()
		}
		fresh.Say("%s %v", row, err)
		text += row + " |\n"
	}
	node, err := exec.Command("node", "--version").Output()
	text += fmt.Sprintf("\n%s, Node %s; load averages before: %s, after: %s. During the bad deploys %d of %s requests failed.\n",
		fresh.Machine(), strings.TrimSpace(string(node)), before, fresh.LoadAverage(), b.badFails,
		fresh.Number(float64(b.badRequests)))
	fmt.Print("\n" + text)
	err = errors.Join(append(errs, err)...)
	if *docs && err == nil {
		err = fresh.ReplaceBetween(filepath.Join(e2etest.Root(), "docs", "evidence.md"),
			"<!-- fronts: written by .ci/bench fronts -docs -->\n", "<!-- /fronts -->\n", text)
	}
	return err
}

// row reloads a server behind all fronts.
func (b *bench) row(s server) ([]cell, error) {
	dir, err := b.Temp()
	if err == nil {
		err = s.prepare(b.Hotswap, dir)
	}
	port, failed := fresh.FreePort()
	err = errors.Join(err, failed)
	if err != nil {
		return nil, err
	}
	b.Port = func() (string, error) { return port, nil }
	options := []string{"--no-watch"}
	if s.option != "" {
		options = append(options, s.option)
	}
	if s.option == "--proxy" {
		options = append(options, port)
	}
	p, err := b.Starts(b.Hotswap, filepath.Join(e2etest.Root(), s.dir), options,
		[]string{"sh", filepath.Join(dir, "run.sh")}, "DIR="+dir, "PYTHONDONTWRITEBYTECODE=1")
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	var stands []*stand
	for _, f := range fronts {
		st, err := f.starts(b.Harness, p.Port, s.repeats)
		if err != nil {
			return nil, err
		}
		defer st.Stop()
		defer st.end()
		stands = append(stands, st)
	}
	cells := make([]cell, len(stands))
	var reloaded []time.Time
	for range b.reloads {
		if err := fresh.Sleep(b.Ctx, 1500*time.Millisecond); err != nil {
			return nil, err
		}
		if out, err := b.reload(p); err != nil {
			return nil, fmt.Errorf("reload: %w\n%s", err, out)
		}
		reloaded = append(reloaded, time.Now())
	}
	for gen := 1; gen <= b.reloads; gen++ {
		if _, err := p.Logs(b.Ctx, "drained", gen); err != nil {
			return nil, err
		}
	}
	err = b.bad(p, dir, stands)
	for i, st := range stands {
		st.end()
		fmt.Print(st.client.Wait())
		for n, at := range reloaded {
			cells[i].old = append(cells[i].old, st.old(n+2, at))
		}
		cells[i].requests, cells[i].failed = st.count()
	}
	return cells, err
}

// reload returns what "hotswap reload" says.
func (b *bench) reload(p *fresh.Process) ([]byte, error) {
	return exec.Command(b.Hotswap, "reload", "--pid", strconv.Itoa(p.Cmd.Process.Pid)).CombinedOutput()
}

// bad deploys a version that exits at its start.
func (b *bench) bad(p *fresh.Process, dir string, stands []*stand) (err error) {
	var before [][2]uint64
	for _, st := range stands {
		requests, failed := st.count()
		before = append(before, [2]uint64{requests, failed})
	}
	if err := deploy(dir, "exit 1"); err != nil {
		return err
	}
	if out, failed := b.reload(p); failed == nil {
		err = fmt.Errorf("the bad version was not refused: %s", out)
	}
	err = errors.Join(err, fresh.Sleep(b.Ctx, 2*time.Second))
	for i, st := range stands {
		requests, failed := st.count()
		b.badRequests += requests - before[i][0]
		b.badFails += failed - before[i][1]
		if failed > before[i][1] {
			err = errors.Join(err, fmt.Errorf("%d requests failed while a bad version was deployed", failed-before[i][1]))
		}
	}
	return err
}
