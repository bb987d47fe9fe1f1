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

// A server that ends its connections by itself.
func Example() {
	server := &http.Server{Addr: ":4000"}
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
