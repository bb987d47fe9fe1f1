//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// study is a sub-command that measures one thing in each of some stacks, hotswap beside the stack's first watcher,
// and writes a row of a table for each.
type study struct {
	name    string
	stacks  string // by default
	head    string // of the table
	saves   int
	runs    int
	busy    int  // busy loops for each processor
	tools   bool // the compiler and a bundler watch the project, too
	onPage  bool // its table is in docs/evidence.md
	pace    pace
	measure func(*study, context.Context, *stackMeasure) ([]*fresh.Track, string, error)
}

// someStacks are of all the kinds of Node programs in bench/stacks.
const someStacks = "hono-large,hono-saas,hono-drizzle,fastify-typebox,graphql-yoga,express-knex,trpc-ws,commonjs-sequelize,workspace,nest-built"

var (
	columns = &study{
		name: "columns", stacks: someStacks, saves: 5, runs: 1,
		pace: pace{lead: 8 * time.Second, rhythm: 4 * time.Second},
		head: "| stack | its watcher | cold | bare standby | standby with packages (ahead) | of the gain, the bare standby has |\n|---|--:|--:|--:|--:|--:|\n", measure: (*study).columns,
	}
	firstSessions = &study{
		name: "first", stacks: someStacks, saves: 6, runs: 1, onPage: true,
		pace: pace{lead: 3 * time.Second, rhythm: 3 * time.Second},
		head: sessionsHead, measure: (*study).sessions,
	}
	busySessions = &study{
		name: "busy", stacks: "hono-saas,hono-large", saves: 6, runs: 2, busy: 2, pace: firstSessions.pace,
		head: sessionsHead, measure: (*study).sessions,
	}
	processorTimes = &study{
		name: "processor", stacks: "hono-saas,express-knex,hono-large", saves: 10, runs: 1,
		pace: pace{rhythm: 6 * time.Second, quiet: true, weigh: true, settle: 10 * time.Second},
		head: "| stack | watcher: s a save | hotswap: s a save | **ratio** | watcher: MB, peak | hotswap: MB, peak | the program alone: MB | **hotswap ÷ the program** |\n|---|--:|--:|--:|--:|--:|--:|--:|\n", measure: (*study).processor,
	}
)

const sessionsHead = "| stack | its watcher: median | session | each save ÷ that | median | worst | worst from the third |\n|---|--:|--:|---|--:|--:|--:|\n"

func (s *study) run(args []string) error {
	var (
		o     fresh.Options
		flags = flag.NewFlagSet("bench "+s.name, flag.ExitOnError)
		only  = flags.String("stacks", s.stacks, "names of folders in bench/stacks, with commas")
		out   = fresh.FolderFlag(flags, "dist/"+s.name, s.name+".md, "+s.name+".json")
		docs  = new(bool)
	)
	if s.onPage {
		flags.BoolVar(docs, "docs", false, "write the table of docs/evidence.md, too")
	}
	flags.IntVar(&o.Saves, "saves", s.saves, "saves of each run")
	flags.IntVar(&o.Rounds, "runs", s.runs, "runs of hotswap, each a fresh hotswap")
	flags.IntVar(&o.Rate, "rate", 200, "requests per second")
	flags.IntVar(&s.busy, "busy", s.busy, "busy loops for each processor")
	flags.BoolVar(&s.tools, "tools", s.tools, "tsc and esbuild watch the project, too")
	flags.StringVar(&o.Hotswap, "hotswap", "", "binary (default: built from this repository)")
	_ = flags.Parse(args) // it exits
	folder, err := out(&o)
	if err != nil {
		return err
	}
	stacks, err := readStacks(fresh.Split(*only))
	if err != nil {
		return err
	}
	h, err := fresh.Begin(o)
	if err != nil {
		return err
	}
	defer h.Close()
	end, err := beside(s.busy*runtime.NumCPU(), func(int) *exec.Cmd {
		return exec.Command("sh", "-c", "while :; do :; done")
	})
	if err != nil {
		return err
	}
	defer end()
	var tracks []*fresh.Track
	var rows strings.Builder
	before := fresh.LoadAverage()
	for _, of := range stacks {
		m := &stackMeasure{Options: h.Options, stack: of, pace: s.pace, scratch: h.Scratch}
		all, row, err := s.measure(s, h.Ctx, m)
		if h.Ctx.Err() != nil {
			return h.Ctx.Err()
		}
		if err != nil {
			h.Say("%s: left out: %v", of.Name, err)
			row = fmt.Sprintf("| %s: not measured |\n", of.Title)
		}
		tracks = append(tracks, all...)
		rows.WriteString(row)
		fmt.Print(row)
	}
	table := s.head + rows.String() + s.conditions(tracks, before)
	fmt.Println("\n" + table)
	return s.save(folder, *docs, tracks, table)
}

// conditions are the words behind the table.
func (s *study) conditions(tracks []*fresh.Track, before string) string {
	requests, failed, stale, missed := 0, 0, 0, 0
	var ours []*fresh.Track
	for _, t := range tracks {
		if t.Hotswap {
			ours = append(ours, t)
			requests += t.Probe.Requests + t.Traffic.Requests
			failed, stale, missed = failed+t.Figures.Failed, stale+t.Figures.Stale, missed+t.Figures.Never
		}
	}
	node, _ := exec.Command("node", "--version").Output() // where there is none, no stack needs it
	text := fmt.Sprintf(
		"\n%s, Node %s. With hotswap %d requests, %d failed, %d stale, %d saves without a fresh answer within %v.",
		fresh.Machine(), bytes.TrimSpace(node), requests, failed, stale, missed, fresh.Never)
	if s.busy > 0 {
		text += fmt.Sprintf(" %d busy loops for each processor beside.", s.busy)
	}
	if s.tools {
		text += " `tsc --watch` and `esbuild --watch` beside."
	}
	return text + fmt.Sprintf(" Load averages before: %s; at the end of a run: %s.\n", before, fresh.Loads(ours))
}

func (s *study) save(folder string, docs bool, tracks []*fresh.Track, table string) error {
	b, err := json.MarshalIndent(tracks, "", " ")
	if err != nil {
		return err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(folder, s.name+".json"), append(b, '\n'), 0o644),
		os.WriteFile(filepath.Join(folder, s.name+".md"), []byte(table), 0o644),
	)
	if docs {
		mark := "<!-- " + s.name + ": written by .ci/bench " + s.name + " -docs -->\n"
		err = errors.Join(err, fresh.ReplaceBetween(filepath.Join(e2etest.Root(), "docs", "evidence.md"), mark,
			"<!-- /"+s.name+" -->\n", table))
	}
	return err
}

// beside starts so many commands, each a process group, and returns what ends them.
func beside(n int, command func(int) *exec.Cmd) (end func(), err error) {
	var running []*exec.Cmd
	end = func() {
		for _, cmd := range running {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		}
	}
	for i := range n {
		cmd := command(i)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			end()
			return nil, err
		}
		running = append(running, cmd)
	}
	return end, nil
}

// watched measures the stack's first watcher, as many saves as in a run of hotswap.
func (s *study) watched(ctx context.Context, m *stackMeasure) (*fresh.Track, error) {
	p, err := m.project(m.stack.contenders()[1])
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(p.dir)
	return s.beside(ctx, m, p, "1")
}

// beside measures a run, with the tools that the study wants.
func (s *study) beside(ctx context.Context, m *stackMeasure, p *project, number string) (*fresh.Track, error) {
	var tools [][]string
	if _, err := os.Stat(filepath.Join(p.dir, "src/index.ts")); err == nil && s.tools {
		compile := []string{"--skipLibCheck", "--target", "es2023", "--module", "esnext", "--moduleResolution",
			"bundler", "--types", "node", "src/index.ts"}
		if _, err := os.Stat(filepath.Join(p.dir, "tsconfig.json")); err == nil {
			compile = []string{"-p", "."}
		}
		tools = [][]string{
			append([]string{"node_modules/.bin/tsc", "--noEmit", "--watch"}, compile...),
			{"node_modules/.bin/esbuild", "src/index.ts", "--bundle", "--platform=node", "--format=esm",
				"--packages=external", "--watch=forever", "--outfile=" + p.cache + ".bundle/index.mjs"},
		}
	}
	end, err := beside(len(tools), func(i int) *exec.Cmd {
		cmd := exec.Command(tools[i][0], tools[i][1:]...)
		cmd.Dir = p.dir
		return cmd
	})
	if err != nil {
		return nil, err
	}
	defer end()
	return m.run(ctx, p, number)
}

// columns measures what standbys and their packages buy: the same hotswap with --no-warm, with standbys that load no
// package, and with those that load all that they may. Each has learnt the program before.
func (s *study) columns(ctx context.Context, m *stackMeasure) (all []*fresh.Track, row string, err error) {
	rival, err := s.watched(ctx, m)
	if err != nil {
		return nil, "", err
	}
	of := m.stack.contenders()[0]
	p, err := m.project(of)
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(p.dir)
	if _, err := m.run(ctx, p, "learns"); err != nil {
		return nil, "", err
	}
	all = append(all, rival)
	var cells [3][]*fresh.Track
	cache := p.cache
	for n := range m.Rounds {
		for i, name := range []string{"packages", "bare", "cold"} {
			p.contender, p.cache = of, cache
			switch p.contender.Name = "hotswap, " + name; name {
			case "bare":
				p.cache, err = withoutPackages(cache)
				if err != nil {
					return all, "", err
				}
			case "cold":
				p.contender.Hotswap = append(slices.Clone(of.Hotswap), "--no-warm")
			}
			t, err := m.run(ctx, p, fmt.Sprint(name, n+1))
			if err != nil {
				return all, "", err
			}
			cells[i], all = append(cells[i], t), append(all, t)
		}
	}
	packages, bare, cold := medianOf(cells[0]), medianOf(cells[1]), medianOf(cells[2])
	mark := ""
	if n := aheadOf(cells[1]); n > 0 {
		mark = fmt.Sprintf(" (%d ahead)", n)
	}
	part := "–"
	if gain := cold - packages; gain > 0 {
		part = fmt.Sprintf("%.2f", (cold-bare)/gain)
	}
	return all, fmt.Sprintf("| %s | %s %s | %s | %s%s | %s (%d) | %s |\n", m.Title, rival.Contender,
		fresh.Number(unhindered(rival)), fresh.Number(cold), fresh.Number(bare), mark, fresh.Number(packages),
		aheadOf(cells[0]), part), nil
}

// aheadOf returns how many packages a standby had loaded, at most.
func aheadOf(runs []*fresh.Track) (n int) {
	for _, t := range runs {
		n = max(n, t.Evidence.Ahead)
	}
	return n
}

// withoutPackages copies a cache of hotswap's. The copy says of each package that it did something while it was loaded,
// so that standbys load none, and nothing is left to rehearse.
func withoutPackages(cache string) (string, error) {
	bare := cache + ".bare"
	if err := errors.Join(os.RemoveAll(bare), execute(cache, "cp", "-a", cache, bare)); err != nil {
		return "", err
	}
	files, err := filepath.Glob(filepath.Join(bare, "packages", "*.json"))
	if err == nil && len(files) == 0 {
		files, err = filepath.Glob(filepath.Join(bare, "hotswap", "packages", "*.json")) // of an ordinary user
	}
	if err == nil && len(files) == 0 {
		err = errors.New("nothing is known of the program's packages")
	}
	for _, file := range files {
		err = errors.Join(err, offend(file))
	}
	return bare, err
}

func offend(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var known map[string]json.RawMessage
	var packages map[string]map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, &known), json.Unmarshal(known["packages"], &packages)); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	for fact := range maps.Values(packages) {
		fact["did"] = json.RawMessage(`"is left out by the benchmark"`)
		delete(fact, "part")
	}
	known["packages"], err = json.Marshal(packages)
	if err != nil {
		return err
	}
	text, err = json.Marshal(known)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// sessions measures every save of sessions that follow each other. hotswap's cache is empty before the first one.
func (s *study) sessions(ctx context.Context, m *stackMeasure) (all []*fresh.Track, row string, err error) {
	rival, err := s.watched(ctx, m)
	if err != nil {
		return nil, "", err
	}
	p, err := m.project(m.stack.contenders()[0])
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(p.dir)
	all = append(all, rival)
	for n := range m.Rounds {
		t, err := s.beside(ctx, m, p, fmt.Sprint(n+1))
		if err != nil {
			return all, row, err
		}
		all = append(all, t)
		row += sessionRow(m.Title, n+1, unhindered(rival), t)
	}
	return all, row, nil
}

// unhindered is the median of the saves that no later one superseded: a watcher whose program boots more slowly than
// it is saved shows nothing for a long time, and what is faster than that need not be fast.
func unhindered(t *fresh.Track) float64 {
	var all []float64
	for _, s := range t.Samples {
		if !s.Superseded {
			all = append(all, s.MS)
		}
	}
	return fresh.Median(all)
}

// sessionRow is a row of a session. A star marks a save that a later one superseded: its time is that of the later one.
func sessionRow(title string, session int, rival float64, t *fresh.Track) string {
	var each []string
	var later float64
	for i, one := range t.Samples {
		part := one.MS / max(rival, 0.1)
		mark := ""
		if one.Superseded {
			mark = "*"
		}
		if one.Never {
			mark = " never"
		}
		each = append(each, fmt.Sprintf("%.2f%s", part, mark))
		if i >= 2 {
			later = max(later, part)
		}
	}
	return fmt.Sprintf("| %s | %s | %d | %s | **%.2f** | %.2f | %.2f |\n", title, fresh.Number(rival), session,
		strings.Join(each, ", "), t.Figures.Median/max(rival, 0.1), t.Figures.Worst/max(rival, 0.1), later)
}

// middle returns the median, which is not rounded.
func middle(values []float64) float64 {
	return fresh.Percentile(slices.Sorted(slices.Values(values)), 50)
}
