package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// eventClient is one client of Events: one stream after another.
type eventClient struct {
	cfg EventsConfig // constant

	// Only run uses the next two.
	retry time.Duration // until the next connection
	last  string        // the id of the last event

	mu      sync.Mutex // guards what follows
	stats   EventsStats
	open    bool
	version string // of the last event of the open stream
}

// run connects again whenever a stream ends, until ctx ends.
func (c *eventClient) run(ctx context.Context) {
	c.retry = c.cfg.Retry
	for ctx.Err() == nil {
		c.stream(ctx)
		select {
		case <-time.After(c.retry):
		case <-ctx.Done():
		}
	}
}

// stream reads one stream to its end.
func (c *eventClient) stream(ctx context.Context) {
	dialer := net.Dialer{Timeout: c.cfg.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", c.cfg.Target)
	if err != nil {
		c.failed(ctx, string(broken{err: err}.class(0)))
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetReadDeadline(time.Now().Add(c.cfg.Timeout))
	resp, err := c.ask(conn)
	if err != nil {
		c.failed(ctx, string(broken{err: cause(err)}.class(0)))
		return
	}
	if resp.StatusCode != http.StatusOK {
		c.failed(ctx, fmt.Sprintf("status %d", resp.StatusCode))
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	c.opened()
	split, err := c.read(resp.Body)
	c.left(ctx, split, err)
}

// ask sends the request as browsers' EventSource does, and reads the head of the answer.
func (c *eventClient) ask(conn net.Conn) (*http.Response, error) {
	b := fmt.Appendf(nil,
		"GET /events HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n", c.cfg.Target)
	if c.last != "" {
		b = fmt.Appendf(b, "Last-Event-ID: %s\r\n", c.last)
	}
	if _, err := conn.Write(append(b, "\r\n"...)); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodGet})
}

// read reads events until the body ends, and reports whether it ended in the middle of
// one. An empty line ends an event.
func (c *eventClient) read(body io.Reader) (split bool, err error) {
	r := bufio.NewReader(body)
	var event []byte
	for {
		line, err := r.ReadBytes('\n')
		event = append(event, line...)
		if err != nil {
			return len(event) > 0, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			c.take(event)
			event = event[:0]
		}
	}
}

// take notes an event.
func (c *eventClient) take(event []byte) {
	data := false
	for line := range bytes.Lines(event) {
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "retry":
			if ms, err := strconv.Atoi(string(value)); err == nil {
				c.retry = time.Duration(ms) * time.Millisecond
			}
		case "id":
			c.last = string(value)
		case "data":
			data = true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if data {
		c.stats.Events++
	}
	if v := exampleMessage(event).Version; v != "" {
		c.version = v
	}
}

func (c *eventClient) failed(ctx context.Context, why string) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	count(&c.stats.Failed, why)
}

func (c *eventClient) opened() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Opened++
	c.open, c.version = true, ""
}

// left records the end of a stream.
func (c *eventClient) left(ctx context.Context, split bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = false
	if ctx.Err() != nil {
		return // this client has closed it
	}
	how := EndCut
	switch {
	case errors.Is(err, io.EOF):
		how = EndClean
	case errors.Is(err, syscall.ECONNRESET):
		how = EndReset
	}
	count(&c.stats.Ends, how)
	if split {
		c.stats.Split++
	}
}

// cause returns the error of a connection that ended before the head of an answer.
func cause(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// addTo adds the results of this client.
func (c *eventClient) addTo(s *EventsStats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Opened += c.stats.Opened
	s.Split += c.stats.Split
	s.Events += c.stats.Events
	for how, n := range c.stats.Ends {
		s.Ends[how] += n
	}
	for why, n := range c.stats.Failed {
		s.Failed[why] += n
	}
	if c.open {
		s.Open++
		if c.version != "" {
			s.Versions[c.version]++
		}
	}
}
