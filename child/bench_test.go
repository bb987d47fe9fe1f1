package child

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The benchmarks called BenchmarkState… measure the memory of the process, and below hotswap
// (BenchmarkBelowHotswap) round trips.

func BenchmarkStateGet(b *testing.B) {
	put(b, 100)
	latency(b, func(ctx context.Context) error { _, err := Get[[]byte](ctx, "bench"); return err })
}

func BenchmarkStateGetStruct(b *testing.B) {
	put(b, cart{"Ada", []string{"x", "y", "z"}})
	latency(b, func(ctx context.Context) error { _, err := Get[cart](ctx, "bench"); return err })
}

func BenchmarkStateSet(b *testing.B) {
	v := make([]byte, 100)
	latency(b, func(ctx context.Context) error { _, err := Set(ctx, "bench", v); return err })
}

func BenchmarkStateUpdate(b *testing.B) {
	put(b, 0)
	latency(b, func(ctx context.Context) error {
		_, err := Update(ctx, "bench", func(n int, _ bool) (int, error) { return n + 1, nil })
		return err
	})
}

func BenchmarkStateAdd(b *testing.B) {
	put(b, 0)
	latency(b, func(ctx context.Context) error { _, err := Add(ctx, "bench", 1); return err })
}

// Of 1, 16 and 256 goroutines.
func BenchmarkStateThroughput(b *testing.B) {
	for _, workers := range []int{1, 16, 256} {
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			put(b, 0)
			ctx := b.Context()
			todo := make(chan struct{}, b.N)
			for range b.N {
				todo <- struct{}{}
			}
			close(todo)
			b.ResetTimer()
			var all sync.WaitGroup
			for range workers {
				all.Go(func() {
					for range todo {
						if _, err := Add(ctx, "bench", 1); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}

func put(b *testing.B, v any) {
	b.Helper()
	if n, ok := v.(int); ok && n > 0 {
		v = make([]byte, n)
	}
	if _, err := Set(b.Context(), "bench", v); err != nil {
		b.Fatal(err)
	}
}

// latency reports the median and the 99th percentile too.
func latency(b *testing.B, f func(context.Context) error) {
	b.Helper()
	ctx := b.Context()
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		begin := time.Now()
		if err := f(ctx); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	b.StopTimer()
	slices.Sort(took)
	for name, at := range map[string]int{"median-µs": len(took) / 2, "p99-µs": len(took) * 99 / 100} {
		b.ReportMetric(float64(took[at].Nanoseconds())/1000, name)
	}
}
