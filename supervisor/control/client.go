package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 20

// Client asks the hotswap at a path.
type Client struct {
	path string
	http http.Client
	pid  atomic.Int64
}

// NewClient makes a client; nothing is asked yet.
func NewClient(path string) *Client {
	c := &Client{path: path}
	c.http.Transport = &http.Transport{DisableKeepAlives: true, DialContext: c.dial}
	return c
}

func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTSOCK) {
		return nil, fmt.Errorf("%s: %w", c.path, ErrNobody)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, errnoOf(err))
	}
	if _, pid, err := peer(conn); err == nil {
		c.pid.Store(int64(pid))
	}
	return conn, nil
}

// PID is the process that was asked last, or 0 if the kernel does not tell.
func (c *Client) PID() int { return int(c.pid.Load()) }

// Status is the status as JSON.
func (c *Client) Status(ctx context.Context) (json.RawMessage, error) {
	return c.ask(ctx, http.MethodGet, "status")
}

// Swap starts a fresh generation and waits for its fate.
func (c *Client) Swap(ctx context.Context) (Result, error) { return c.command(ctx, "reload") }

// Rollback steers back to the generation that served before.
func (c *Client) Rollback(ctx context.Context) (Result, error) { return c.command(ctx, "rollback") }

// Stop drains and ends hotswap, and waits for that.
func (c *Client) Stop(ctx context.Context) (Result, error) { return c.command(ctx, "stop") }

func (c *Client) command(ctx context.Context, name string) (Result, error) {
	for renewed := 0; ; renewed++ {
		b, err := c.ask(ctx, http.MethodPost, name)
		if errors.Is(err, ErrMoved) && renewed < 3 {
			continue // it took the path before the elder says so
		}
		if errors.Is(err, ErrNobody) && renewed > 0 && name == "stop" {
			return Result{Outcome: OutcomeStopped}, nil // the elder has told it to
		}
		if err != nil {
			return Result{}, err
		}
		var r Result
		if err := json.Unmarshal(b, &r); err != nil {
			return r, fmt.Errorf("%s: not hotswap's answer: %w", c.path, err)
		}
		return r, nil
	}
}

func (c *Client) ask(ctx context.Context, method, name string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://hotswap/v1/"+name, nil)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, errors.Unwrap(err) // without the made-up address
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	if res.StatusCode == http.StatusOK {
		return b, nil
	}
	var f errorBody
	_ = json.Unmarshal(b, &f)
	switch {
	case f.Code == CodeMoved:
		return nil, ErrMoved
	case f.Error != "":
		return nil, errors.New(f.Error)
	}
	return nil, fmt.Errorf("%s: %s", c.path, res.Status)
}
