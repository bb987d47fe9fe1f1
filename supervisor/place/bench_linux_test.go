package place

import (
	"bytes"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/store"
	"github.com/hotswap-dev/hotswap/supervisor/store/statefile"
)

// The round trip of one client over the unix socket, and the throughput of one that does not wait for each
// answer. update is get and set with ifVersion.
func BenchmarkServer(b *testing.B) {
	for _, journal := range []string{"memory", "file"} {
		one := func(name string, lines ...string) {
			b.Run(journal+"/"+name, func(b *testing.B) {
				c := benchClient(b, journal)
				var took []time.Duration
				for b.Loop() {
					begun := time.Now()
					for _, line := range lines {
						c.send(line)
						if _, err := c.lines.ReadSlice('\n'); err != nil {
							b.Fatal(err)
						}
					}
					took = append(took, time.Since(begun))
				}
				b.ReportMetric(float64(median(took).Nanoseconds()), "median-ns")
			})
		}
		one("get", `{"id":2,"op":"get","key":"k"}`)
		one("set", `{"id":2,"op":"set","key":"k","value":{"visits":41}}`)
		one("add", `{"id":2,"op":"add","key":"n"}`)
		b.Run(journal+"/update", func(b *testing.B) {
			c := benchClient(b, journal)
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				c.send(`{"id":2,"op":"get","key":"k"}`)
				line, err := c.lines.ReadSlice('\n')
				if err != nil {
					b.Fatal(err)
				}
				version := line[bytes.LastIndexByte(line, ':')+1 : len(line)-2]
				c.send(fmt.Sprintf(`{"id":2,"op":"set","key":"k","value":1,"ifVersion":%s}`, version))
				if line, err := c.lines.ReadSlice('\n'); err != nil || bytes.Contains(line, []byte("error")) {
					b.Fatalf("%s, %v", line, err)
				}
				took = append(took, time.Since(begun))
			}
			b.ReportMetric(float64(median(took).Nanoseconds()), "median-ns")
		})
		b.Run(journal+"/add-64-at-once", func(b *testing.B) {
			c := benchClient(b, journal)
			batch := bytes.Repeat([]byte(`{"id":2,"op":"add","key":"n"}`+"\n"), 64)
			n := 0
			for b.Loop() {
				if _, err := c.conn.Write(batch); err != nil {
					b.Fatal(err)
				}
				for range 64 {
					if _, err := c.lines.ReadSlice('\n'); err != nil {
						b.Fatal(err)
					}
				}
				n += 64
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

// counted is a journal that counts its commits.
type counted struct {
	store.Journal
	commits atomic.Int64
}

func (c *counted) Commit(changes []store.Change, version uint64, all iter.Seq[store.Item]) error {
	c.commits.Add(1)
	return c.Journal.Commit(changes, version, all)
}

// BenchmarkClients measures clients with a connection each, which set keys of their own, one after the other, with
// a state file: how many sets there are a second, and how many of them share a commit.
func BenchmarkClients(b *testing.B) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			f, err := statefile.Open(filepath.Join(b.TempDir(), "state"))
			if err != nil {
				b.Fatal(err)
			}
			journal := &counted{Journal: f}
			st := store.New(store.Limits{})
			if err := st.Attach(journal); err != nil {
				b.Fatal(err)
			}
			w := newWorld(b, Config{Store: st})
			w.start(1)
			var all []*client
			for range clients {
				c := w.client(1)
				_ = c.conn.SetDeadline(time.Time{})
				all = append(all, c)
			}
			value := strings.Repeat("x", 100)
			var left atomic.Int64
			left.Store(int64(b.N))
			var mu sync.Mutex // guards took
			var took []time.Duration
			var working sync.WaitGroup
			b.ResetTimer()
			for i, c := range all {
				working.Go(func() {
					line := fmt.Appendf(nil, `{"id":2,"op":"set","key":"%d","value":%q}`+"\n", i, value)
					var mine []time.Duration
					for left.Add(-1) >= 0 {
						begun := time.Now()
						_, err := c.conn.Write(line)
						if err == nil {
							_, err = c.lines.ReadSlice('\n')
						}
						if err != nil {
							b.Error(err)
							return
						}
						mine = append(mine, time.Since(begun))
					}
					mu.Lock()
					defer mu.Unlock()
					took = append(took, mine...)
				})
			}
			working.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sets/s")
			b.ReportMetric(float64(b.N)/float64(max(1, journal.commits.Load())), "sets/commit")
			b.ReportMetric(float64(median(took).Microseconds()), "median-µs")
		})
	}
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}

func benchClient(b *testing.B, journal string) *client {
	st := store.New(store.Limits{})
	if journal == "file" {
		f, err := statefile.Open(filepath.Join(b.TempDir(), "state"))
		if err != nil {
			b.Fatal(err)
		}
		if err := st.Attach(f); err != nil {
			b.Fatal(err)
		}
	}
	w := newWorld(b, Config{Store: st})
	w.start(1)
	c := w.client(1)
	c.ask(`{"id":2,"op":"set","key":"k","value":{"visits":40}}`, `{"id":2,"version":1}`)
	_ = c.conn.SetDeadline(time.Time{})
	return c
}
