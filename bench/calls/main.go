// Command calls does what internal/e2e/testdata/state/bench.mjs does, with the Go client.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

type result struct {
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
	Rate   float64 `json:"rate"`
}

var ctx = context.Background()

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func times(f func(), calls int) (r result) {
	took := make([]time.Duration, calls)
	for i := range took {
		begin := time.Now()
		f()
		took[i] = time.Since(begin)
	}
	slices.Sort(took)
	return result{Median: float64(took[calls/2].Nanoseconds()) / 1000, P99: float64(took[calls*99/100].Nanoseconds()) / 1000}
}

func rate(f func(), calls, atOnce int) float64 {
	var left atomic.Int64
	left.Store(int64(calls))
	begin := time.Now()
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				f()
			}
		})
	}
	all.Wait()
	return float64(calls) / time.Since(begin).Seconds()
}

func bench() any {
	calls := must(strconv.Atoi(cmp.Or(os.Getenv("CALLS"), "5000")))
	value := map[string]string{"name": strings.Repeat("x", 80)}
	must(0, hotswap.Set(ctx, "value", value))
	results := map[string]result{}
	for name, f := range map[string]func(){
		"get": func() { must(hotswap.Get[map[string]string](ctx, "value")) },
		"set": func() { must(0, hotswap.Set(ctx, "value", value)) },
		"update": func() {
			must(hotswap.Update(ctx, "number", func(old int, _ bool) (int, error) { return old + 1, nil }))
		},
		"increment": func() { must(hotswap.Add(ctx, "sum", 1)) },
	} {
		times(f, min(calls, 1000))
		r := times(f, calls)
		if name == "update" { // updates of one key at once would wait for each other
			r.Rate = rate(f, calls, 1)
		} else {
			r.Rate = rate(f, calls*4, 64)
		}
		results[name] = r
	}
	return results
}

func race() any {
	begin := time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			cmd := exec.Command(os.Args[0], os.Args[1], "racer", os.Args[3])
			cmd.Stderr = os.Stderr
			if err := cmd.Run(); err != nil {
				log.Fatal(err)
			}
		})
	}
	all.Wait()
	ms := float64(time.Since(begin).Microseconds()) / 1000
	keys, more := 0, 0
	for _, i := range must(hotswap.List(ctx, "runs/")) {
		keys++
		if must(hotswap.Get[int](ctx, i.Key)) != 1 {
			more++
		}
	}
	return map[string]any{"ms": ms, "keys": keys, "more": more}
}

func define() {
	var all sync.WaitGroup
	for i := range must(strconv.Atoi(os.Args[3])) {
		all.Go(func() {
			got := must(hotswap.Define(ctx, fmt.Sprint("key/", i), func(ctx context.Context) (int, error) {
				must(hotswap.Add(ctx, fmt.Sprint("runs/", i), 1))
				return i, nil
			}))
			if got != i {
				log.Fatal("a key has the value of another")
			}
		})
	}
	all.Wait()
}

func main() {
	mode := ""
	if len(os.Args) > 2 {
		mode = os.Args[2]
	}
	var results any
	switch mode {
	case "racer":
		define()
		return
	case "race":
		results = race()
	default:
		results = bench()
	}
	out := os.Args[1]
	must(0, os.WriteFile(out+"~", must(json.Marshal(results)), 0o644))
	must(0, os.Rename(out+"~", out))
	select {}
}
