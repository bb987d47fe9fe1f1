// Package wait waits, but no longer than a context lives.
package wait

import (
	"context"
	"time"
)

// For waits for that time, or returns the error of ctx if that ends before.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	return On(ctx, t.C)
}

// On waits until c has something, or is closed, or returns the error of ctx if that ends before.
func On[T any](ctx context.Context, c <-chan T) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Closed reports whether a channel is closed on which nothing is sent.
func Closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
