package livereload

import (
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// protocol7 is the version of the protocol that the server speaks. The protocol is described
// at http://livereload.com/api/protocol/.
const protocol7 = "http://livereload.com/protocols/official-7"

// longestAge bounds the age that a page may report: a page does not live longer than that.
const longestAge = 10 * 365 * 24 * time.Hour

var (
	errCommand  = errors.New("the message has no command")
	errProtocol = errors.New("the client does not speak version 7 of the protocol")
)

// hello is the first message of both sides.
type hello struct {
	Command    string   `json:"command"`
	Protocols  []string `json:"protocols"`
	ServerName string   `json:"serverName,omitempty"`
}

var serverHello = hello{Command: "hello", Protocols: []string{protocol7}, ServerName: "hotswap"}

// parseHello checks the first message of a client.
func parseHello(b []byte) error {
	var h hello
	if err := json.Unmarshal(b, &h); err != nil {
		return err
	}
	if h.Command != "hello" || !slices.Contains(h.Protocols, protocol7) {
		return errProtocol
	}
	return nil
}

// info is what a page reports of itself after the hellos.
type info struct {
	age   time.Duration // since its navigation began
	after string        // the reload that brought the page; "": none did, or the page cannot know
	known bool          // the page has hotswap's script
}

// parseMessage reads a message that a client sends after its hello. A message that is no
// info has nothing for this server.
func parseMessage(b []byte) (info, error) {
	var m struct {
		Command string `json:"command"`
		Plugins struct {
			Hotswap *struct {
				Age   float64 `json:"age"` // ms
				After string  `json:"after"`
			} `json:"hotswap"`
		} `json:"plugins"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return info{}, err
	}
	page := m.Plugins.Hotswap
	switch {
	case m.Command == "":
		return info{}, errCommand
	case m.Command != "info" || page == nil:
		return info{}, nil
	}
	longest := float64(longestAge / time.Millisecond)
	age := time.Duration(min(max(page.Age, 0), longest) * float64(time.Millisecond))
	return info{age: age, after: page.After, known: true}, nil
}

// reload tells a client that the file at path has changed. livereload-js replaces style
// sheets in place where LiveCSS is set, and else loads the page again.
type reload struct {
	Command string `json:"command"`
	Path    string `json:"path"`
	LiveCSS bool   `json:"liveCSS"`
	LiveImg bool   `json:"liveImg"`
}

// reloadPage tells a page to reload. The token is for hotswap's script, which reports it
// when the page has been loaded again.
func reloadPage(token string) reload { return reload{Command: "reload", Path: token} }

// failurePath is the prefix of the path by which hotswap's script gets a failure as JSON. With nothing behind the
// prefix, the failure is over.
const failurePath = "hotswap/failure/"

// reloadSheets tells a page to load its style sheets anew. The path names none of them, so that
// livereload-js replaces all.
var reloadSheets = reload{Command: "reload", Path: "*.css", LiveCSS: true}
