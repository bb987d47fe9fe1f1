package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peercred"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// errUnknown is the answer to a request that a hotswap does not know, as one of another version.
var errUnknown = errors.New("hotswap knows no such request")

// A client of a hotswap that too many ask tries again: after a pause, and no more often than this.
const (
	retry    = time.Millisecond
	maxTries = 1000
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 32 << 20

// Client sends requests to the hotswap at a path.
type Client struct {
	Path string // of the control socket; constant
	http http.Client
	pid  atomic.Int64
}

// NewClient returns a client; it does not connect yet.
func NewClient(path string) *Client {
	c := &Client{Path: path}
	c.http.Transport = &http.Transport{DisableKeepAlives: true, DialContext: c.dial}
	return c
}

func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.Path)
	for errors.Is(err, syscall.EAGAIN) && wait.For(ctx, retry) == nil { // the queue is full (connect(2))
		conn, err = d.DialContext(ctx, "unix", c.Path)
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTSOCK) {
		err = ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Path, errnoOf(err))
	}
	if _, pid, err := peercred.Of(conn.(*net.UnixConn)); err == nil {
		c.pid.Store(int64(pid))
	}
	return conn, nil
}

// PID returns the process that accepted the last connection, or 0 if the kernel does not tell.
func (c *Client) PID() int { return int(c.pid.Load()) }

// Answers asks for nothing, and returns nil if hotswap answers, of whatever version that is.
func (c *Client) Answers(ctx context.Context) error {
	err := c.ask(ctx, http.MethodGet, "", new(any))
	if errors.Is(err, errUnknown) {
		return nil
	}
	return err
}

// Status decodes the status into to, within the time that any answer has.
func (c *Client) Status(ctx context.Context, to any) error {
	ctx, cancel := context.WithTimeout(ctx, wait.Answer)
	defer cancel()
	return c.ask(ctx, http.MethodGet, "status", to)
}

// Why returns what a change of the file at path, which is absolute, does.
func (c *Client) Why(ctx context.Context, path string) (w Why, err error) {
	err = c.ask(ctx, http.MethodGet, "why?path="+url.QueryEscape(path), &w)
	return w, err
}

// Command asks for one of the commands and waits for its outcome: reload, rollback, pause, resume, stop or wait.
func (c *Client) Command(ctx context.Context, name string) (r Result, err error) {
	err = c.ask(ctx, http.MethodPost, name, &r)
	if name == "stop" && Ended(err) { // it stopped at once
		r.Outcome, err = report.OutcomeStopped, nil
	}
	return r, err
}

// PauseFor keeps changes of files from becoming swaps until end is called, or this process ends. The outcome of end is
// that of resume, or paused where somebody else keeps them, too.
func (c *Client) PauseFor(ctx context.Context) (r Result, end func(context.Context) (Result, error), err error) {
	res, err := c.open(ctx, http.MethodPost, "hold")
	if err != nil {
		return r, nil, err
	}
	if err := c.decode(res, &r); err != nil {
		res.Body.Close()
		return r, nil, err
	}
	return r, func(ctx context.Context) (Result, error) {
		defer res.Body.Close()
		return c.Command(ctx, "resume?hold="+url.QueryEscape(r.Pauser))
	}, nil
}

func (c *Client) ask(ctx context.Context, method, name string, to any) error {
	res, err := c.open(ctx, method, name)
	if err == nil {
		defer res.Body.Close()
		err = c.decode(res, to)
	}

	return err
}

// Ended reports whether an error means that whoever was asked has ended, instead of answering.
func Ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		// net/http's, before it could write
		err != nil && strings.HasSuffix(err.Error(), "server closed idle connection")
}

func (c *Client) decode(res *http.Response, to any) error {
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(to); err != nil {
		return fmt.Errorf("%s: not hotswap's answer: %w", c.Path, err)
	}
	return nil
}

// open asks, and returns an answer whose body the caller reads and closes. It also asks the child that has taken over,
// which has the path by the time the parent says so. It asks again where too many clients have had the connection
// closed.
func (c *Client) open(ctx context.Context, method, name string) (res *http.Response, err error) {
	for upgrades, tries := 0, 0; ; tries++ {
		res, err = c.openOne(ctx, method, name)
		switch {
		case errors.Is(err, ErrMoved) && upgrades < 3:
			upgrades++
			continue
		case Ended(err) && tries < maxTries && c.lives(ctx): // it has not begun (web.Limit)
			continue
		case errors.Is(err, ErrNotRunning) && tries > 0: // it has ended since the first try
			err = fmt.Errorf("%s: %w", c.Path, io.EOF)
		}
		return res, err
	}
}

// lives reports whether the process that accepted the last connection accepts one more.
func (c *Client) lives(ctx context.Context) bool {
	was := c.PID()
	conn, err := c.dial(ctx, "", "")
	if err != nil {
		return false
	}
	conn.Close()
	return c.PID() == was && wait.For(ctx, retry) == nil
}

func (c *Client) openOne(ctx context.Context, method, name string) (*http.Response, error) {
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
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer res.Body.Close()
	var f errorBody
	_ = c.decode(res, &f) // another version may answer with a text
	switch {
	case f.Code == CodeMoved:
		return nil, ErrMoved
	case f.Error != "":
		return nil, errors.New(f.Error)
	case res.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("%s: %w", c.Path, errUnknown)
	}
	return nil, fmt.Errorf("%s: %s", c.Path, res.Status)
}

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
			return true, fmt.Errorf("%s: %w", c.Path, err)
		}
		q.After, q.Since = l.At, 0 // what comes after that is not older
		if err := show(l); err != nil {
			return true, err
		}
	}
}
