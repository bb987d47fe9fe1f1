// Command go is a net/http server with a counter, a scheduler and a cache, none of which a swap resets.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	ctx := context.Background()
	pool := openPool()
	// Loading takes a while. It is done once, and each later process gets what the first one has loaded.
	cached, err := hotswap.Define(ctx, "prices", loadPrices)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "4000"))
	if err != nil {
		return err
	}
	go schedule(ctx)

	hotswap.OnServe(func() { log.Printf("generation %d serves", hotswap.Generation()) })
	// Called when the next process serves. If that one fails, this one serves again, and has not drained.
	hotswap.OnDrain(func(ctx context.Context) {
		if hotswap.AwaitDrained(ctx) {
			pool.close()
			log.Printf("generation %d has closed its pool", hotswap.Generation())
		}
	})
	return http.Serve(l, routes(cached, pool))
}

func routes(cached prices, p *pool) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(context.Context) (string, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			text, err := answer(r.Context())
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			fmt.Fprint(w, text)
		})
	}
	handle("GET /{$}", func(ctx context.Context) (string, error) {
		count, err := hotswap.Get[int](ctx, "count")
		if err != nil && !errors.Is(err, hotswap.ErrNotFound) {
			return "", err
		}
		return fmt.Sprintf("count %d\ngeneration %d\n", count, hotswap.Generation()), nil
	})
	handle("POST /count", func(ctx context.Context) (string, error) {
		count, err := hotswap.Add(ctx, "count", 1)
		return fmt.Sprint(count), err
	})
	handle("GET /cache", func(ctx context.Context) (string, error) { return cached.describe(ctx) })
	handle("GET /healthz", func(context.Context) (string, error) { return "ok\n", p.query("select 1") })
	return mux
}
