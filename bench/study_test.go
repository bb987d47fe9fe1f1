//go:build linux

package main

import (
	"testing"
	"time"
)

// Boots are counted from one version that is shown to the next, also those that show nothing.
func TestBootsBetweenVersionsAreCounted(t *testing.T) {
	begun := time.Now()
	at := func(seconds ...int) (all []time.Time) {
		for _, s := range seconds {
			all = append(all, begun.Add(time.Duration(s)*time.Second))
		}
		return all
	}
	for name, c := range map[string]struct {
		boots, showings []time.Time
		most            int
		longest         time.Duration
	}{
		"each boot is shown":     {at(1, 5), at(4, 8), 1, 4 * time.Second},
		"one is given up":        {at(1, 2, 6), at(5, 9), 2, 5 * time.Second},
		"three until the second": {at(1, 5, 6, 7), at(4, 11), 3, 7 * time.Second},
		"nothing is shown":       {at(1, 2), nil, 0, 0},
	} {
		if most, longest := bootsBetween(begun, c.boots, c.showings); most != c.most || longest != c.longest {
			t.Errorf("%s: %d boots, %v; want %d, %v", name, most, longest, c.most, c.longest)
		}
	}
}
