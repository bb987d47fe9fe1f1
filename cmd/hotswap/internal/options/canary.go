package options

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// canary is the share of new connections that a new generation gets first, and
// for how long. The zero value is none.
type Canary struct {
	Percent int
	Time    time.Duration
}

var errCanary = errors.New("give a share of 1% to 99% and a time, such as 10%/30s")

// parseCanary reads PERCENT%/TIME.
func parseCanary(text string) (Canary, error) {
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
