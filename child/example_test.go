package child_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/hotswap-dev/hotswap/child"
)

var ctx = context.Background()

// A server that counts its visits through all swaps, and ends by itself.
func Example() {
	l, err := child.Listen("tcp", ":4000")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visits, err := child.Add(r.Context(), "visits", 1)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "visits:", visits)
	})}
	go server.Serve(l)

	child.DrainOnSignal()
	<-child.Draining()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
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
		prices, err := child.Define(ctx, "example/prices", load)
		fmt.Println(prices["apple"], err)
	}
	_, _ = child.Delete(ctx, "example/prices")
	// Output:
	// loading
	// 1.2 <nil>
	// 1.2 <nil>
}

func ExampleUpdate() {
	type cart struct{ Items []string }
	for _, item := range []string{"shoes", "socks"} {
		c, err := child.Update(ctx, "example/cart", func(c cart, exists bool) (cart, error) {
			c.Items = append(c.Items, item)
			return c, nil
		}, child.TTL(time.Hour))
		fmt.Println(c.Items, err)
	}
	_, _ = child.Delete(ctx, "example/cart")
	// Output:
	// [shoes] <nil>
	// [shoes socks] <nil>
}

func ExampleGet() {
	if _, err := child.Get[int](ctx, "example/none"); errors.Is(err, child.ErrNotFound) {
		fmt.Println("there is none")
	}
	if _, err := child.Set(ctx, "example/some", []byte("bytes")); err != nil {
		log.Fatal(err)
	}
	b, err := child.Get[[]byte](ctx, "example/some")
	fmt.Println(string(b), err)
	// Output:
	// there is none
	// bytes <nil>
}

// A write that must not meet another one.
func ExampleIfVersion() {
	_, _ = child.Delete(ctx, "example/owner")
	first, err := child.Set(ctx, "example/owner", "Ada", child.IfVersion(0))
	fmt.Println(err)
	var other *child.VersionError
	if _, err := child.Set(ctx, "example/owner", "Grace", child.IfVersion(0)); errors.As(err, &other) {
		fmt.Println("somebody was faster:", other.Version == first)
	}
	// Output:
	// <nil>
	// somebody was faster: true
}

func ExampleWatch() {
	type config struct{ Color string }
	if _, err := child.Set(ctx, "example/config", config{"blue"}); err != nil {
		log.Fatal(err)
	}
	for e, err := range child.Watch[config](ctx, "example/config") {
		switch {
		case err != nil:
			log.Fatal(err)
		case e.Synced:
			fmt.Println("that is all so far")
			return
		default:
			fmt.Println(e.Value.Color)
		}
	}
	// Output:
	// blue
	// that is all so far
}

// Two versions of a program that store something else under the same name.
func ExampleNamespace() {
	const one, two = child.Namespace("v1"), child.Namespace("v2")
	_, _ = child.Set(ctx, one.Key("user"), "Ada")
	_, _ = child.Set(ctx, two.Key("user"), []string{"Ada", "Grace"})
	users, err := child.Get[[]string](ctx, two.Key("user"))
	fmt.Println(users, err)
	// Output: [Ada Grace] <nil>
}

// One process has the job.
func ExampleLease() {
	ctx, cancel := context.WithCancel(ctx)
	err := child.Lease(ctx, "example/cron", func(ctx context.Context) error {
		for n := 1; ctx.Err() == nil; n++ { // it ends when another process waits, or this one ends
			fmt.Println("job", n)
			if n == 3 {
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
	// job 3
	// context canceled
}

// What cannot leave the process.
func ExampleLocal() {
	client := func() *http.Client {
		return child.Local("example/client", func() *http.Client { return &http.Client{} })
	}
	first, second := client(), client()
	fmt.Println(first == second)
	// Output: true
}

// A pool is closed when its process no longer serves and nothing is under way any more.
func ExampleOnDrain() {
	child.OnDrain(func(ctx context.Context) {
		if child.AwaitDrained(ctx) {
			// pool.Close()
		}
	})
}
