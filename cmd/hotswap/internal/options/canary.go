package options

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Canary is the share of new connections that a new generation gets at first, and for
// how long. The zero value means no canary.
type Canary struct {
	Percent int
	Time    time.Duration
}

var errCanary = errors.New("give a share of 1% to 99% and a time, such as 10%/30s")

// parseCanary reads PERCENT%/TIME. An empty text means no canary.
func parseCanary(text string) (Canary, error) {
	if text == "" {
		return Canary{}, nil
	}
	share, length, ok := strings.Cut(text, "%/")
	if !ok || len(share) > 2 || strings.ContainsAny(share, "+-") {
		return Canary{}, errCanary
	}
	percent, err := strconv.Atoi(share)
	if err != nil || percent < 1 {
		return Canary{}, errCanary
	}
	d, err := time.ParseDuration(length)
	if err != nil || d <= 0 || strings.HasPrefix(length, "+") {
		return Canary{}, errCanary
	}
	return Canary{Percent: percent, Time: d}, nil
}
