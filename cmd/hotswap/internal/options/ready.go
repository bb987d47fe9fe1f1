package options

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

// readyKind is how a generation is known to be ready.
type readyKind uint8

const (
	readyListen readyKind = iota // it listens and accepts
	ReadyNotify                  // it says READY=1
	ReadyHTTP                    // it answers as wanted
	ReadyUnix                    // it accepts at a unix socket
	ReadyAfter                   // time has passed
	ReadyLog                     // a line of its output matches
)

// readyOption is --ready, parsed.
type ReadyOption struct {
	Kind   readyKind
	Text   string             // as given
	Url    *url.URL           // readyHTTP
	Socket string             // readyUnix, and readyHTTP over a unix socket
	Status readiness.Statuses // readyHTTP
	After  time.Duration      // readyAfter
	Line   *regexp.Regexp     // readyLog
}

// explicit says that listening alone does not make a generation ready.
func (r ReadyOption) Explicit() bool { return r.Kind != readyListen }

const readyForms = "give listen, notify, http://127.0.0.1:4000/health, unix:/run/x.sock, log:REGEXP or after:2s"

// defaultStatuses are those of --ready-status.
const defaultStatuses = "200-399"

var errReady = errors.New(readyForms)

// parseReady reads --ready.
func parseReady(s string) (ReadyOption, error) {
	r := ReadyOption{Text: s}
	var err error
	word, rest, _ := strings.Cut(s, ":")
	switch {
	case s == "listen":
	case s == "notify":
		r.Kind = ReadyNotify
	case word == "after":
		r.Kind = ReadyAfter
		if r.After, err = time.ParseDuration(rest); err != nil || r.After <= 0 {
			return r, errors.New("give a time longer than 0, as in after:500ms or after:2s")
		}
	case word == "log":
		r.Kind = ReadyLog
		r.Line, err = parseReadyLog(rest)
	case word == "unix":
		r.Kind, r.Socket = ReadyUnix, rest
		err = checkSocket(rest)
	case word == "http" || word == "https":
		r.Kind = ReadyHTTP
		r.Url, r.Socket, err = parseReadyURL(s)
	default:
		err = errReady
	}
	return r, err
}

// parseReadyURL reads http://127.0.0.1:4000/health, or http://unix:/run/x.sock:/health
// as nginx writes it.
func parseReadyURL(s string) (u *url.URL, socket string, err error) {
	scheme, rest, _ := strings.Cut(s, "://")
	if there, ok := strings.CutPrefix(rest, "unix:"); ok {
		var path string
		if socket, path, ok = strings.Cut(there, ":"); !ok || !strings.HasPrefix(path, "/") {
			return nil, "", errors.New("the socket's path ends with a colon, the URL's follows: http://unix:/run/x.sock:/health")
		}
		if err := checkSocket(socket); err != nil {
			return nil, "", err
		}
		s = scheme + "://localhost" + path
	}
	if u, err = url.Parse(s); err != nil {
		return nil, "", fmt.Errorf("not a URL: %w", errors.Unwrap(err))
	}
	if u.Opaque != "" || u.Host == "" {
		return nil, "", errors.New("not a URL: write http://127.0.0.1:4000/health")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return nil, "", errors.New("the port is not a number from 1 to 65535")
		}
	}
	if host := u.Hostname(); !readiness.IsLocalhost(host) {
		if ip, err := netip.ParseAddr(host); err != nil || ip.Zone() != "" {
			return nil, "", fmt.Errorf("the host %q is neither an IP address nor localhost: it names what the program listens on", host)
		}
	}
	return u, socket, nil
}

// checkSocket looks at a path for unix(7), which has room for 107 bytes.
func checkSocket(path string) error {
	switch {
	case path == "":
		return errors.New("the path of the socket is missing: write unix:/run/x.sock")
	case len(path) > 107:
		return errors.New("the path of the socket is longer than 107 bytes")
	case strings.ContainsRune(path, 0) || filepath.Clean(path) == ".":
		return errors.New("not the path of a socket")
	}
	return nil
}

// readReady checks --ready and --ready-status against each other and against
// --ready-timeout. status is "" if it was not given.
func readReady(text, status string, timeout time.Duration) (ReadyOption, error) {
	r, err := parseReady(text)
	if err != nil {
		return r, exit.Usagef("--ready %s: %w", text, err)
	}
	if status != "" && r.Kind != ReadyHTTP {
		return r, exit.Usagef("--ready-status goes with --ready http://… only")
	}
	if r.After >= timeout {
		return r, exit.Usagef("--ready %s: not shorter than --ready-timeout %s", text, timeout)
	}
	if r.Kind == ReadyHTTP {
		if status == "" {
			status = defaultStatuses
		}
		if r.Status, err = readiness.ParseStatuses(status); err != nil {
			return r, exit.Usagef("--ready-status %w", err)
		}
	}
	return r, nil
}
