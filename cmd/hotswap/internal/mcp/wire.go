package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// wire is the client's lines and ours, for a library that ends the session at a line that is no message of JSON-RPC,
// and answers calls that the client has cancelled.
type wire struct {
	in        *bufio.Reader
	rest      []byte // of a line
	out       io.Writer
	mu        sync.Mutex
	cancelled []string // the IDs of the newest calls that are, at most maxCancelled: a late one is never answered
}

const maxCancelled = 100

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		RequestID json.RawMessage `json:"requestId"`
	} `json:"params"`
}

// Read reads lines with one message each. Each other line gets an error as its answer.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.rest) == 0 {
		line, err := w.in.ReadBytes('\n')
		var m message
		switch _, broken := jsonrpc.DecodeMessage(line); {
		case broken == nil:
			w.rest = line
			if json.Unmarshal(line, &m) == nil && m.Method == "notifications/cancelled" {
				w.mu.Lock()
				w.cancelled = append(w.cancelled, string(m.Params.RequestID))
				w.cancelled = w.cancelled[max(0, len(w.cancelled)-maxCancelled):]
				w.mu.Unlock()
			}
		case len(bytes.TrimSpace(line)) > 0:
			code, lacks := jsonrpc.CodeParseError, "JSON"
			if json.Valid(line) {
				code, lacks = jsonrpc.CodeInvalidRequest, "message of JSON-RPC 2.0"
			}
			_, _ = fmt.Fprintf(w.out, `{"jsonrpc":"2.0","id":null,"error":{"code":%d,"message":"this line is no %s"}}`+"\n",
				code, lacks)
		}
		if err != nil && len(w.rest) == 0 {
			return 0, err
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// Write writes a line, unless it answers a call that is cancelled.
func (w *wire) Write(line []byte) (int, error) {
	var m message
	if json.Unmarshal(line, &m) == nil && m.Method == "" {
		w.mu.Lock()
		defer w.mu.Unlock()
		if slices.Contains(w.cancelled, string(m.ID)) { // no ID is used twice
			return len(line), nil
		}
	}
	return w.out.Write(line)
}

// Close closes nothing: the process ends.
func (w *wire) Close() error { return nil }
