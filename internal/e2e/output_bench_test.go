//go:build linux

package e2e

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// writer writes so many bytes of log lines to standard error, one line or 32 KiB
// at a time.
const writer = `package main

import (
	"bytes"
	"os"
	"strconv"
)

func main() {
	total, _ := strconv.Atoi(os.Args[1])
	at, _ := strconv.Atoi(os.Args[2])
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	block := bytes.Repeat(line, max(1, at/len(line)))
	for n := 0; n < total; n += len(block) {
		if _, err := os.Stderr.Write(block); err != nil {
			os.Exit(1)
		}
	}
}
`

// BenchmarkOutput: how long a program takes to write 200 MB of log lines through
// the relay, and without hotswap, in one run and in turns.
func BenchmarkOutput(b *testing.B) {
	dir, hotswap := b.TempDir(), release(b)
	program := filepath.Join(dir, "writer")
	write(b, filepath.Join(dir, "main.go"), writer)
	cmd := exec.Command("go", "build", "-o", program, "main.go")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	const total = 200_000_000
	for _, c := range []struct {
		name     string
		at       int
		total    int
		terminal bool
	}{{"pipe/blocks", 32 << 10, total, false}, {"pipe/lines", 1, total, false}, {"terminal/lines", 1, total / 4, true}} {
		b.Run(c.name, func(b *testing.B) {
			run := func(through ...string) time.Duration {
				r, w, err := os.Pipe()
				if c.terminal {
					r, w, err = tty.Open()
				}
				if err != nil {
					b.Fatal(err)
				}
				defer r.Close()
				read := make(chan struct{})
				go func() { _, _ = io.Copy(io.Discard, r); close(read) }()
				command := append(through, program, strconv.Itoa(c.total), strconv.Itoa(c.at))
				cmd := exec.Command(command[0], command[1:]...)
				cmd.Stdout, cmd.Stderr = w, w
				began := time.Now()
				if err := cmd.Run(); err != nil {
					b.Fatal(err)
				}
				took := time.Since(began)
				w.Close()
				<-read
				return took
			}
			var relayed, direct []time.Duration
			for range 5 {
				relayed, direct = append(relayed, run(hotswap, "--no-watch", "--")), append(direct, run())
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(c.total)/1e6/median(relayed).Seconds(), "MB/s-relay")
			b.ReportMetric(float64(c.total)/1e6/median(direct).Seconds(), "MB/s-direct")
			b.ReportMetric(median(relayed).Seconds()/median(direct).Seconds(), "ratio")
		})
	}
}
