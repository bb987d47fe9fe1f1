package hotswap_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

var ctx = context.Background()

// A server that counts its visits through all swaps, and ends its connections by itself.
func Example() {
	server := &http.Server{Addr: ":4000", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits, err := hotswap.Add(r.Context(), "visits", 1)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "visits:", visits)
	})}
	go server.ListenAndServe()

	stopped, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	select {
	case <-hotswap.Draining():
	case <-stopped.Done(): // without hotswap
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}

// The initializer runs once, whichever process comes first.
func ExampleDefine() {
	load := func(context.Context) (map[string]float64, error) {
		fmt.Println("loading")
		return map[string]float64{"apple": 1.2}, nil
	}
	for range 2 {
		prices, err := hotswap.Define(ctx, "example/prices", load)
		fmt.Println(prices["apple"], err)
	}
	// Output:
	// loading
	// 1.2 <nil>
	// 1.2 <nil>
}

func ExampleUpdate() {
	type cart struct{ Items []string }
	for _, item := range []string{"shoes", "socks"} {
		c, err := hotswap.Update(ctx, "example/cart", func(c cart, exists bool) (cart, error) {
			c.Items = append(c.Items, item)
			return c, nil
		}, hotswap.TTL(time.Hour))
		fmt.Println(c.Items, err)
	}
	// Output:
	// [shoes] <nil>
	// [shoes socks] <nil>
}

// One process has the job.
func ExampleLease() {
	ctx, cancel := context.WithCancel(ctx)
	err := hotswap.Lease(ctx, "example/cron", func(ctx context.Context) error {
		for n := 1; ctx.Err() == nil; n++ { // it ends when another process waits, or this one ends
			fmt.Println("job", n)
			if n == 2 {
				cancel() // so that the example ends
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Millisecond):
			}
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// job 1
	// job 2
	// context canceled
}

// A pool is closed when its process no longer serves and nothing is under way any more.
func ExampleOnDrain() {
	hotswap.OnDrain(func(ctx context.Context) {
		if hotswap.AwaitDrained(ctx) {
			// pool.Close()
		}
	})
}
