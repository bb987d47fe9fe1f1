package adapters

import (
	"strconv"
	"testing"
)

// Adapters say as often as they like that something is off.
func TestLimitedTellsOnceAndNotForever(t *testing.T) {
	told := 0
	of := newTransport(nil, nil)
	of.OnLimit = func(Limit) { told++ }
	for i := range 2 * maxLimits {
		l := Limit{Feature: strconv.Itoa(i), Runtime: "22.0.0"}
		of.Limited(l)
		of.Limited(l)
	}
	if told != maxLimits || len(of.limits) != maxLimits {
		t.Errorf("told %d times, %d are known", told, len(of.limits))
	}
}
