package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// Log calls show with the programs' output that is wanted. With Follow it returns when that hotswap ends,
// and goes on with the child after an upgrade. If show takes so long that hotswap cuts the connection, Log
// connects again and learns how many lines it has missed.
func (c *Client) Log(ctx context.Context, q LogQuery, show func(LogLines) error) error {
	for tries := 0; ; tries++ {
		opened, err := c.readLog(ctx, &q, show)
		if opened {
			tries = 0
		}
		if !Ended(err) || tries == 3 {
			return err
		}
	}
}

// readLog reads one answer, and notes in q what came.
func (c *Client) readLog(ctx context.Context, q *LogQuery, show func(LogLines) error) (opened bool, err error) {
	res, err := c.open(ctx, http.MethodGet, "logs?"+q.values().Encode())
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	for lines := json.NewDecoder(res.Body); ; {
		var l LogLines
		if err := lines.Decode(&l); err == io.EOF {
			return true, nil
		} else if err != nil {
			return true, fmt.Errorf("%s: %w", c.path, err)
		}
		q.After, q.Since = l.At, 0 // what comes after that is not older
		if err := show(l); err != nil {
			return true, err
		}
	}
}
