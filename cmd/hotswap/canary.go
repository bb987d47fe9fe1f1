package main

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// canary is the share of new connections that a new generation gets first, and
// for how long. The zero value is none.
type canary struct {
	percent int
	time    time.Duration
}

var errCanary = errors.New("give a share of 1% to 99% and a time, such as 10%/30s")

// parseCanary reads PERCENT%/TIME.
func parseCanary(text string) (canary, error) {
	share, length, ok := strings.Cut(text, "%/")
	if !ok || len(share) > 2 || strings.ContainsAny(share, "+-") {
		return canary{}, errCanary
	}
	percent, err := strconv.Atoi(share)
	if err != nil || percent < 1 {
		return canary{}, errCanary
	}
	d, err := time.ParseDuration(length)
	if err != nil || d <= 0 || strings.HasPrefix(length, "+") {
		return canary{}, errCanary
	}
	return canary{percent: percent, time: d}, nil
}
