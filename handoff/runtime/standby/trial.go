package standby

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// message is what a process of a standby writes; doc.go has the types.
type message struct {
	Type    string          `json:"type"`
	File    string          `json:"file"`
	Package string          `json:"package"`
	By      string          `json:"by"`
	What    json.RawMessage `json:"what"` // a text; of replaced a list of texts
}

func (m message) text() string {
	var text string
	var list []string
	if json.Unmarshal(m.What, &text) == nil {
		return text
	}
	_ = json.Unmarshal(m.What, &list)
	return strings.Join(list, ", ")
}

// trialResult is what a standby has shown while it loaded packages.
type trialResult struct {
	barred  map[string]string // package → what it did
	only    string            // why no package may be loaded ahead
	files   []string          // that packages have read
	missing []string          // modules that packages have looked for in vain
}

func (t *trialResult) add(m message) {
	switch m.Type {
	case "noticed":
		for _, name := range []string{m.Package, m.By} {
			if _, known := t.barred[name]; name != "" && !known {
				if t.barred == nil {
					t.barred = map[string]string{}
				}
				t.barred[name] = m.text()
			}
		}
		if m.Package == "" && m.By == "" {
			t.only = m.text()
		}
	case "replaced":
		t.only = "what is loaded changes " + m.text()
	case "read":
		t.files = append(t.files, m.File)
	case "missing":
		t.missing = append(t.missing, m.File)
	}
}

// err says why the standby cannot be used.
func (t *trialResult) err() error {
	if t.only != "" {
		return errors.New(t.only)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(t.barred)) {
		all = append(all, fmt.Sprintf("%s %s", name, t.barred[name]))
	}
	if len(all) > 0 {
		return fmt.Errorf("loaded ahead, %s", strings.Join(all, "; "))
	}
	return nil
}
