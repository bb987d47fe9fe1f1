package standby

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// message is what a process of a standby says.
type message struct {
	Type    string          `json:"type"` // held, at, noticed, replaced, read, missed, ready, ended, foreign
	File    string          `json:"file"`
	Package string          `json:"package"`
	By      string          `json:"by"`
	What    json.RawMessage `json:"what"` // a text, of replaced a list of them
}

func (m message) text() string {
	var one string
	var many []string
	if json.Unmarshal(m.What, &one) == nil {
		return one
	}
	_ = json.Unmarshal(m.What, &many)
	return strings.Join(many, ", ")
}

// experience is what a standby has taught by its loading.
type experience struct {
	barred map[string]string // package → what it did
	only   string            // why no package is to be loaded ahead; "": they are
	files  []string          // that packages have read
	missed []string          // what packages have looked for, and there was none
}

// hear takes in a message.
func (e *experience) hear(m message) {
	switch m.Type {
	case "noticed":
		for _, name := range []string{m.Package, m.By} {
			if _, known := e.barred[name]; name != "" && !known {
				if e.barred == nil {
					e.barred = map[string]string{}
				}
				e.barred[name] = m.text()
			}
		}
		if m.Package == "" && m.By == "" {
			e.only = m.text()
		}
	case "replaced":
		e.only = "what is loaded changes " + m.text()
	case "read":
		e.files = append(e.files, m.File)
	case "missed":
		e.missed = append(e.missed, m.File)
	}
}

// wrong says why this standby is of no use; nil: it is.
func (e *experience) wrong() error {
	if e.only != "" {
		return fmt.Errorf("%s", e.only)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(e.barred)) {
		all = append(all, fmt.Sprintf("%s %s", name, e.barred[name]))
	}
	if len(all) > 0 {
		return fmt.Errorf("loaded ahead, %s", strings.Join(all, "; "))
	}
	return nil
}
