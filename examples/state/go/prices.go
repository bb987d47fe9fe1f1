package main

import (
	"context"
	"encoding/json"
	"time"

	hotswap "github.com/hotswap-dev/hotswap/clients/go"
)

type prices map[string]float64

// loadPrices loads what takes long to load, and counts how often that is done.
func loadPrices(ctx context.Context) (prices, error) {
	time.Sleep(500 * time.Millisecond)
	if _, err := hotswap.Add(ctx, "prices/runs", 1); err != nil {
		return nil, err
	}
	return prices{"apple": 1.2, "pear": 1.5}, nil
}

func (p prices) describe(ctx context.Context) (string, error) {
	runs, err := hotswap.Get[int](ctx, "prices/runs")
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]any{"value": p, "runs": runs})
	return string(b), err
}
