//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// release is hotswap as it is shipped, without the race detector.
func release(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "hotswap")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/hotswap")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return path
}

// answered asks again and again until the version answers, and says when.
func answered(b testing.TB, port, version string) time.Time {
	b.Helper()
	want := `"version":` + version
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	pace := time.NewTicker(2 * time.Millisecond) // asking must not take the processor from the boot
	defer pace.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-pace.C {
		res, err := c.Get("http://127.0.0.1:" + port + "/ping")
		if err != nil {
			continue
		}
		line, _ := bufio.NewReader(res.Body).ReadString('}')
		res.Body.Close()
		if strings.Contains(strings.ReplaceAll(line, " ", ""), want) {
			return time.Now()
		}
	}
	b.Fatalf("version %s never answered", version)
	return time.Time{}
}

func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[len(ds)/2]
}

// bare runs a program without hotswap, in a group of its own.
func bare(b testing.TB, dir string, env []string, command ...string) (stop func()) {
	b.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	return func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}
}

// BenchmarkSaveToNewVersion: from the save until the new version answers, and
// from a bare start until it answers, in one run and in turns. The goal is the
// bare boot, the quiet time of 15 ms and 30 ms.
func BenchmarkSaveToNewVersion(b *testing.B) {
	dir, port, other := project(b, "hono-cdc"), freePort(b), freePort(b)
	h := start(b, options{binary: release(b), dir: dir, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"}})
	h.serving(1)
	var saves, boots []time.Duration
	version := 1
	for range 10 {
		begun := time.Now()
		stop := bare(b, dir, []string{"PORT=" + other}, "npm", "run", "dev")
		boots = append(boots, answered(b, other, strconv.Itoa(version)).Sub(begun))
		stop()
		version++
		save(b, filepath.Join(dir, "src", "version.ts"), version)
		begun = time.Now()
		saves = append(saves, answered(b, port, strconv.Itoa(version)).Sub(begun))
		h.drained(version - 1)
	}
	var cutovers []time.Duration
	for v := 2; v <= version; v++ {
		cutovers = append(cutovers, time.Duration(h.serving(v).CutoverUS)*time.Microsecond)
	}
	s, boot := median(saves), median(boots)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(s.Milliseconds()), "ms/save")
	b.ReportMetric(float64(boot.Milliseconds()), "ms/bare-boot")
	b.ReportMetric(float64((s - boot - 15*time.Millisecond).Milliseconds()), "ms/over-boot+quiet")
	b.ReportMetric(float64(median(cutovers).Microseconds()), "µs/cutover")
}

// hammer is 8 clients without pause on kept connections, for a while; it gives
// the requests a second.
func hammer(b *testing.B, port string, d time.Duration) float64 {
	b.Helper()
	request := []byte("GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
	var total sync.WaitGroup
	counts := make([]int, 8)
	begun := time.Now()
	for i := range counts {
		total.Go(func() {
			c, err := net.Dial("tcp4", "127.0.0.1:"+port)
			if err != nil {
				b.Error(err)
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for time.Since(begun) < d {
				if _, err := c.Write(request); err != nil {
					b.Error(err)
					return
				}
				res, err := http.ReadResponse(r, nil)
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := r.Discard(int(res.ContentLength)); err != nil {
					b.Error(err)
					return
				}
				counts[i]++
			}
		})
	}
	total.Wait()
	n := 0
	for _, c := range counts {
		n += c
	}
	return float64(n) / time.Since(begun).Seconds()
}

// BenchmarkThroughput: requests a second under hotswap against bare, in turns, of a program without
// an adapter and of two with one.
func BenchmarkThroughput(b *testing.B) {
	b.Run("go", func(b *testing.B) {
		throughput(b, b.TempDir(), func(port string) []string { return []string{"ADDR=127.0.0.1:" + port} }, goServer(b, 1))
	})
	for _, p := range endsPrograms {
		if p.name == "node" || p.name == "bun" {
			b.Run(p.name, func(b *testing.B) {
				throughput(b, p.project(b), func(port string) []string { return []string{"PORT=" + port} }, p.argv(p.command, "")...)
			})
		}
	}
}

func throughput(b *testing.B, dir string, env func(port string) []string, command ...string) {
	port, other := freePort(b), freePort(b)
	h := start(b, options{binary: release(b), dir: dir, args: []string{"--no-watch"}, env: env(port), command: command})
	h.serving(1)
	defer bare(b, dir, env(other), command...)()
	reachable(b, "127.0.0.1:"+other)
	var ratios []float64
	var rate float64
	for range 9 {
		plain := hammer(b, other, time.Second)
		rate = hammer(b, port, time.Second)
		again := hammer(b, other, time.Second) // the machine's own drift
		ratios = append(ratios, rate/((plain+again)/2))
	}
	slices.Sort(ratios)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate, "req/s")
	b.ReportMetric(ratios[len(ratios)/2], "of-bare")
}

// BenchmarkStartWith10000Files: from the start of hotswap until the program
// listens, with 10,000 files to watch and with none.
func BenchmarkStartWith10000Files(b *testing.B) {
	dir, port := b.TempDir(), freePort(b)
	for d := range 100 {
		sub := filepath.Join(dir, "src", fmt.Sprint("d", d))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			b.Fatal(err)
		}
		for f := range 100 {
			text := strings.Repeat(fmt.Sprintf("export const x%d = %d\n", f, d), 100)
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprintf("f%d.go", f)), []byte(text), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	binary := release(b)
	boot := func(args ...string) time.Duration {
		begun := time.Now()
		h := start(b, options{binary: binary, dir: dir, args: args, env: []string{"ADDR=127.0.0.1:" + port}, command: []string{goServer(b, 1)}})
		h.serving(1)
		took := time.Since(begun)
		h.signal(syscall.SIGTERM)
		h.exit()
		return took
	}
	var with, without []time.Duration
	for range 15 {
		without = append(without, boot("--no-watch"))
		with = append(with, boot("--ext", "go"))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(median(with).Microseconds())/1000, "ms/with")
	b.ReportMetric(float64(median(without).Microseconds())/1000, "ms/without")
	b.ReportMetric(float64((median(with)-median(without)).Microseconds())/1000, "ms/cost")
}

// BenchmarkIdle: what hotswap itself and the keeper cost while nothing happens.
func BenchmarkIdle(b *testing.B) {
	dir, port := project(b, "python"), freePort(b)
	h := start(b, options{binary: release(b), dir: dir, env: []string{"PORT=" + port}, command: []string{"python3", "-B", "server.py"}})
	h.serving(1)
	pid := h.pid()
	keeper := 0
	if out, err := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output(); err == nil {
		keeper, _ = strconv.Atoi(strings.TrimSpace(string(out)))
	}
	const d = 10 * time.Second
	time.Sleep(3 * time.Second) // the baseline of the files is read in the background
	before := [2]usage{usageOf(b, pid), usageOf(b, keeper)}
	time.Sleep(d)
	after := [2]usage{usageOf(b, pid), usageOf(b, keeper)}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(after[0].switches-before[0].switches)/d.Seconds(), "wakeups/s")
	b.ReportMetric(float64(after[1].switches-before[1].switches)/d.Seconds(), "keeper-wakeups/s")
	b.ReportMetric(float64(after[0].ticks-before[0].ticks)/d.Seconds(), "cpu-ticks/s")
	b.ReportMetric(float64(after[0].rss)/1024, "MiB")
	b.ReportMetric(float64(after[0].anon)/1024, "MiB-private")
	b.ReportMetric(float64(after[1].rss)/1024, "keeper-MiB")
	b.ReportMetric(float64(after[1].anon)/1024, "keeper-MiB-private")
}

type usage struct{ switches, ticks, rss, anon int }

// usageOf adds up the threads' context switches (proc_pid_status(5)) and reads
// the processor time in ticks and the resident set in KiB.
func usageOf(b *testing.B, pid int) usage {
	b.Helper()
	var u usage
	field := func(text, key string) int {
		for l := range strings.Lines(text) {
			if rest, ok := strings.CutPrefix(l, key); ok {
				n, _ := strconv.Atoi(strings.Fields(rest)[0])
				return n
			}
		}
		return 0
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		b.Fatalf("process %d: %v", pid, err)
	}
	for _, t := range tasks {
		text, _ := os.ReadFile(t)
		u.switches += field(string(text), "voluntary_ctxt_switches:")
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	u.rss, u.anon = field(string(status), "VmRSS:"), field(string(status), "RssAnon:")
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	utime, _ := strconv.Atoi(fields[11])
	stime, _ := strconv.Atoi(fields[12])
	u.ticks = utime + stime
	return u
}
