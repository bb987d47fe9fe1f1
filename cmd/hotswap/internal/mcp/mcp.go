// Package mcp offers hotswap's own sub-commands as tools of the Model Context Protocol, over standard input and output.
//
// A tool runs the sub-command, in the folder that the client names: so a tool finds the hotswap that a person in that
// folder finds, of no other user, and says the same words. What looks like a secret has stars in its place.
package mcp

//lint:file-ignore SA1019 Clients name their folder by roots until they speak the protocol of 2026-07-28; a call can name one, too.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/secret"
)

// longest is how much of a tool's output a client gets, in bytes; of longer output the end.
const longest = 64 << 10

type folder struct {
	Folder string `json:"folder,omitempty" jsonschema:"absolute path of the project; default: the client's first root, else the folder in which hotswap mcp was started"`
}

func (f folder) in() string { return f.Folder }

type waiting struct {
	folder
	Timeout string `json:"timeout,omitempty" jsonschema:"give up after this time, such as 2m; default 30s"`
}

type logs struct {
	folder
	Since      string `json:"since,omitempty" jsonschema:"only lines that are not older, such as 90s; default 5m"`
	Generation int    `json:"generation,omitempty" jsonschema:"only this run of the program"`
}

type file struct {
	folder
	Path string `json:"path" jsonschema:"the file, absolute or below the folder"`
}

type pausing struct {
	folder
	For string `json:"for,omitempty" jsonschema:"resume by itself after this time; default 10m"`
}

// Serve answers one client until that closes standard input. The tools run self, which is the path of hotswap.
func Serve(ctx context.Context, self, version string) error {
	s := mcp.NewServer(&mcp.Implementation{Name: "hotswap", Version: version}, &mcp.ServerOptions{
		Capabilities: &mcp.ServerCapabilities{},
		Instructions: "hotswap runs this project's server and swaps it at each save. After edits call wait: it returns when the newest save serves, or says why it does not, while the version before serves on. Put hold before edits that only work together, and resume after them.",
	})
	add(s, self, "wait", "Waits until the newest save serves, or says why it failed.", func(in waiting) []string {
		return []string{"wait", "--timeout", cmp.Or(in.Timeout, "30s")}
	})
	add(s, self, "status", "Shows what runs, the URL, and the failure of the newest save with its place, as JSON.",
		func(folder) []string { return []string{"status", "--json"} })
	add(s, self, "logs", "Prints what the program has written.", func(in logs) []string {
		return []string{"logs", "--since", cmp.Or(in.Since, "5m"), "--gen", strconv.Itoa(in.Generation)}
	})
	add(s, self, "reload", "Starts a fresh process in place of the one that serves, and says whether it serves.",
		func(folder) []string { return []string{"reload"} })
	add(s, self, "why", "Says what a change of a file does, and by which rule.", func(in file) []string {
		if !filepath.IsAbs(in.Path) {
			in.Path = "./" + in.Path // which is no option
		}
		return []string{"why", in.Path}
	})
	add(s, self, "hold", "Keeps edits back until resume.", func(in pausing) []string {
		return []string{"pause", "--for", cmp.Or(in.For, "10m")}
	})
	add(s, self, "resume", "Makes one swap of the edits since hold, and says whether the new version serves.",
		func(folder) []string { return []string{"resume"} })
	return s.Run(ctx, &mcp.StdioTransport{})
}

// add adds a tool that runs the sub-command, with its arguments, that command returns.
func add[In interface{ in() string }](s *mcp.Server, self, name, does string, command func(In) []string) {
	mcp.AddTool(s, &mcp.Tool{Name: name, Description: does}, func(ctx context.Context, req *mcp.CallToolRequest,
		in In) (*mcp.CallToolResult, any, error) {
		dir, ask, err := where(req, in.in())
		if ask != nil || err != nil {
			return ask, nil, err
		}
		text, err := run(ctx, dir, self, command(in))
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, err
	})
}

// where returns the folder of a call: the one it names, else the client's first root, else ours (""); or, if the client
// must first say its roots, the result that asks for them.
func where(req *mcp.CallToolRequest, named string) (dir string, ask *mcp.CallToolResult, err error) {
	if p := req.Session.InitializeParams(); named != "" || p == nil || p.Capabilities == nil ||
		p.Capabilities.RootsV2 == nil {
		return named, nil, nil
	}
	roots, answered := req.Params.InputResponses["roots"].(*mcp.ListRootsResult)
	switch {
	case !answered:
		return "", &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{"roots": &mcp.ListRootsParams{}}}, nil
	case len(roots.Roots) == 0:
		return "", nil, nil
	}
	u, err := url.Parse(roots.Roots[0].URI)
	if err != nil || u.Scheme != "file" {
		return "", nil, fmt.Errorf("the client's root %q is no folder of this machine; name one as folder",
			roots.Roots[0].URI)
	}
	return u.Path, nil, nil
}

// run runs a sub-command of self and returns its output. A failure is an error with that output, in which the
// sub-command says why.
func run(ctx context.Context, dir, self string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, self, args...)
	if dir != "" {
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PWD="+dir)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput() // hotswap keeps only so much of a program's output
	text := shown(bytes.TrimSpace(out))
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && text != "":
		return "", fmt.Errorf("%s (exit code %d)", text, ended.ExitCode())
	case err != nil:
		return "", fmt.Errorf("hotswap %s in %q: %w", args[0], dir, err)
	}
	return text, nil
}

// shown returns what a client gets of an output: no secrets, also where the name of one is in the part that is left
// out.
func shown(out []byte) (text string) {
	if json.Valid(out) {
		text = plain.Lines(string(secret.JSON(out)))
	} else {
		text = plain.Lines(secret.Text(string(out)))
	}
	if over := len(text) - longest; over > 0 {
		_, whole, _ := strings.Cut(text[over:], "\n")
		text = "(What comes before is left out.)\n" + whole
	}
	return text
}
