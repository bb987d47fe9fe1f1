//go:build unix

package fresh

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Broken is what clients see of a save with a syntax error, until the next save.
type Broken struct {
	Requests int    `json:"requests"`
	Failed   int    `json:"failed"`
	Serves   int    `json:"serves"`          // the version that a new connection meets at the end; 0: no answer
	Error    string `json:"error,omitempty"` // of that connection
	Waits    bool   `json:"waits,omitempty"` // the connection was open and got no answer for three seconds
}

// Break saves a syntax error, asks for a while as in a turn, and then once more. The next [Process.Save] mends the
// file.
func (c *Cell) Break(ctx context.Context, p *Process, d time.Duration) (b Broken, err error) {
	load := beginTraffic(ctx, p, kinds(c.Rate, 0))
	text := append(c.Program.version(p.Version+1, time.Now().UnixNano()), ")))\n"...)
	err = os.WriteFile(filepath.Join(p.Dir, c.Program.source), text, 0o644)
	if err == nil {
		err = Sleep(ctx, d)
	}
	counts := load.end()
	if err != nil {
		return b, err
	}
	b.Requests, b.Failed = counts.Requests, counts.Failed+counts.Stale
	asking, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	asks := newProbe(p.url("/ping"))
	text, header, err := asks.get(asking)
	if err != nil {
		b.Error, b.Waits = err.Error(), errors.Is(err, context.DeadlineExceeded)
		return b, ctx.Err()
	}
	version, _ := asks.check(text, header)
	b.Serves, err = strconv.Atoi(version)
	return b, err
}
