// Package mcp offers hotswap's own sub-commands as tools of the Model Context Protocol, over standard input and output.
//
// A tool runs the sub-command, in the folder that the client names: so a tool finds the hotswap that a person in that
// folder finds, of no other user, and says the same words. What looks like a secret has stars in its place.
package mcp

//lint:file-ignore SA1019 Clients name their folder by roots until they speak the protocol of 2026-07-28; a call can name one, too.

import (
	"bufio"
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

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/secret"
)

// longest is how much of a tool's output a client gets, in bytes; of longer output the end.
const longest = 64 << 10

type where struct {
	Name   string `json:"name,omitempty" jsonschema:"which hotswap of the folder, where several run there"`
	Folder string `json:"folder,omitempty" jsonschema:"absolute path of the project; default: the client's first root, else the folder in which hotswap mcp was started"`
}

func (w where) which() where { return w }

// placed is the arguments of a tool, which name a hotswap.
type placed interface{ which() where }

type waiting struct {
	where
	Timeout string `json:"timeout,omitempty" jsonschema:"give up after this time, such as 2m; default 30s"`
}

type logs struct {
	where
	Since      string `json:"since,omitempty" jsonschema:"only lines that are not older, such as 90s; default 5m"`
	Generation int    `json:"generation,omitempty" jsonschema:"only this run of the program"`
}

type file struct {
	where
	Path string `json:"path" jsonschema:"the file, absolute or below the folder"`
}

type starting struct {
	where
	Command any    `json:"command,omitempty" jsonschema:"the program, as a list of words or as a line of shell; default: the folder's hotswap.yaml or script, never hotswap itself. Only for a client that has roots"`
	Port    string `json:"port,omitempty" jsonschema:"auto: the folder's own port, also where another one stands in the code, so that worktrees run side by side"`
}

type pausing struct {
	where
	For string `json:"for,omitempty" jsonschema:"resume by itself after this time; default 10m"`
}

// Serve answers one client until that closes standard input. The tools run self, which is the path of hotswap. words
// returns the arguments by which hotswap runs a line of shell, or without a line the program of dir.
func Serve(ctx context.Context, self, version string, words func(dir, line string) []string) error {
	s := mcp.NewServer(&mcp.Implementation{Name: "hotswap", Version: version}, &mcp.ServerOptions{
		Capabilities: &mcp.ServerCapabilities{},
		Instructions: "hotswap runs this project's server and swaps it at each save. Call start if nothing runs; status has the URL. After edits call wait: it returns when the newest save serves, or says why it does not, while the version before serves on. Put hold before edits that only work together, and resume after them.",
	})
	mcp.AddTool(s, &mcp.Tool{Name: "start",
		Description: "Starts hotswap in the background of the folder, unless one runs there, and waits until the program serves.",
	}, func(ctx context.Context, req *mcp.CallToolRequest, in starting) (*mcp.CallToolResult, any, error) {
		dirs, ask, err := roots(req)
		if ask != nil || err != nil {
			return ask, nil, err
		}
		dir, err := startable(dirs, in)
		if err != nil {
			return nil, nil, err
		}
		line, _ := in.Command.(string)
		list, _ := in.Command.([]any)
		args := []string{"-d"}
		if in.Name != "" {
			args = append(args, "--name", in.Name)
		}
		if in.Port != "" {
			args = append(args, "--port", in.Port)
		}
		program := []string{"--"}
		for _, word := range list {
			program = append(program, fmt.Sprint(word))
		}
		if len(list) == 0 {
			program = words(dir, line)
		}
		return answer(run(ctx, dir, self, append(args, program...)))
	})
	add[where](s, self, "stop", "Ends the program and hotswap, and waits until no process is left.", nil)
	add(s, self, "wait", "Waits until the newest save serves, or says why it failed.", func(in waiting) []string {
		return []string{"wait", "--timeout", cmp.Or(in.Timeout, "30s")}
	})
	add(s, self, "status", "Shows what runs, the URL, and the failure of the newest save with its place, as JSON.",
		func(where) []string { return []string{"status", "--json"} })
	add(s, self, "logs", "Prints what the program has written.", func(in logs) []string {
		return []string{"logs", "--since", cmp.Or(in.Since, "5m"), "--gen", strconv.Itoa(in.Generation)}
	})
	add[where](s, self, "reload",
		"Starts a fresh process in place of the one that serves, and says whether it serves.", nil)
	add(s, self, "why", "Says what a change of a file does, and by which rule.", func(in file) []string {
		if !filepath.IsAbs(in.Path) {
			in.Path = "./" + in.Path // which is no option
		}
		return []string{"why", in.Path}
	})
	add(s, self, "hold", "Keeps edits back until resume.", func(in pausing) []string {
		return []string{"pause", "--for", cmp.Or(in.For, "10m")}
	})
	add[where](s, self, "resume", "Makes one swap of the edits since hold, and says whether the new version serves.", nil)
	w := &wire{in: bufio.NewReader(os.Stdin), out: os.Stdout}
	return s.Run(ctx, &mcp.IOTransport{Reader: w, Writer: w})
}

// add adds a tool that runs a sub-command: that of its name, or args has the sub-command with its arguments.
func add[In placed](s *mcp.Server, self, name, does string, args func(In) []string) {
	mcp.AddTool(s, &mcp.Tool{Name: name, Description: does}, func(ctx context.Context, req *mcp.CallToolRequest,
		in In) (*mcp.CallToolResult, any, error) {
		w := in.which()
		dir, ask, err := w.dir(req)
		if ask != nil || err != nil {
			return ask, nil, err
		}
		command, named := []string{name}, []string{w.Name}
		switch {
		case strings.HasPrefix(w.Name, "-"):
			return nil, nil, fmt.Errorf("no hotswap has the name %q", w.Name)
		case w.Name == "":
			named = nil
		}
		if args != nil {
			command = args(in)
		}
		if name == "wait" { // the sub-command would give one that is about to start its time; here start has waited
			if _, err := run(ctx, dir, self, append([]string{"status"}, named...)); err != nil {
				return nil, nil, err
			}
		}
		return answer(run(ctx, dir, self, append(command, named...)))
	})
}

func answer(text string, err error) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, err
}

// dir returns the folder of a call: the one it names, else the client's first root, else ours (""); or, if the client
// must first say its roots, the result that asks for them.
func (w where) dir(req *mcp.CallToolRequest) (dir string, ask *mcp.CallToolResult, err error) {
	if w.Folder != "" {
		return w.Folder, nil, nil
	}
	dirs, ask, err := roots(req)
	return append(dirs, "")[0], ask, err
}

// roots returns the folders that are the client's roots; none if the client does not say roots.
func roots(req *mcp.CallToolRequest) (dirs []string, ask *mcp.CallToolResult, err error) {
	if p := req.Session.InitializeParams(); p == nil || p.Capabilities == nil || p.Capabilities.RootsV2 == nil {
		return nil, nil, nil
	}
	said, answered := req.Params.InputResponses["roots"].(*mcp.ListRootsResult)
	if !answered {
		return nil, &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{"roots": &mcp.ListRootsParams{}}}, nil
	}
	for _, root := range said.Roots {
		u, err := url.Parse(root.URI)
		if err != nil || u.Scheme != "file" {
			return nil, nil, fmt.Errorf("the client's root %q is no folder of this machine; name one as folder", root.URI)
		}
		dirs = append(dirs, u.Path)
	}
	return dirs, nil, nil
}

// startable returns the folder in which a program may be started: one below the client's roots. Without roots that is
// one below ours, and only what the folder itself says may run there.
func startable(roots []string, in starting) (dir string, err error) {
	if len(roots) == 0 {
		if in.Command != nil {
			return "", errors.New("a command needs a client with roots; leave out command, and write hotswap.yaml with it")
		}
		roots = []string{"."}
	}
	dir, err = filepath.Abs(cmp.Or(in.Folder, roots[0]))
	if err != nil {
		return "", err
	}
	for _, root := range roots {
		root, err := filepath.Abs(root)
		if err != nil {
			return "", err
		}
		if sub, err := filepath.Rel(regular.Real(root), regular.Real(dir)); err == nil && filepath.IsLocal(sub) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("the folder %q is not below %q, so nothing is started there", dir, roots)
}

// run runs a sub-command of self and returns its output. A failure is an error with that output, in which the
// sub-command says why.
func run(ctx context.Context, dir, self string, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), options.ToolEnv+"=1")
	if dir != "" {
		cmd.Dir, cmd.Env = dir, append(cmd.Env, "PWD="+dir)
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
	if len(text) > longest {
		last := strings.LastIndexByte(text, '\n') + 1
		if end := len(text) - longest/2; end > last { // lines before the last one have the other half
			text = text[:last] + strings.ToValidUTF8(text[end:], "")
		}
		if over := len(text) - longest; over > 0 {
			_, text, _ = strings.Cut(text[over:], "\n")
		}
		text = "(What comes before is left out.)\n" + text
	}
	return text
}
