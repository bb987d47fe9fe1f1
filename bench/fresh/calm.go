//go:build unix

package fresh

import (
	"context"
	"fmt"
	"os"
	"time"
)

// WaitForCalm waits until the processors are at least three quarters idle for a second,
// but not longer than limit.
func WaitForCalm(ctx context.Context, limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		idle, all := processorTime()
		if Sleep(ctx, time.Second) != nil {
			return
		}
		laterIdle, laterAll := processorTime()
		if laterAll == all || (laterIdle-idle)/(laterAll-all) >= 0.75 {
			return
		}
	}
}

// processorTime returns how long the processors have been idle, and altogether (proc(5)),
// or 0 where that is not known.
func processorTime() (idle, all float64) {
	b, _ := os.ReadFile("/proc/stat")
	var t [8]float64 // user, nice, system, idle, iowait, irq, softirq, steal
	_, err := fmt.Sscanf(string(b), "cpu %f %f %f %f %f %f %f %f", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
		&t[7])
	if err != nil {
		return 0, 0
	}
	for _, one := range t {
		all += one
	}
	return t[3] + t[4], all
}
