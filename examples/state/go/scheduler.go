package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

// schedule has a job that must never run twice at a time, nor stop for long. The next process gets the lease
// when the function has returned, so a job that has begun is done.
func schedule(ctx context.Context) {
	err := hotswap.Lease(ctx, "scheduler", func(ctx context.Context) error {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			job()
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	})
	log.Print("the scheduler has ended: ", err)
}

func job() {
	note("begin")
	time.Sleep(20 * time.Millisecond)
	note("end")
}

func note(word string) {
	path := os.Getenv("TICKS")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		log.Print(err)
		return
	}
	defer f.Close()
	fmt.Fprintln(f, word, hotswap.Generation(), os.Getpid(), time.Now().UnixMilli())
}
