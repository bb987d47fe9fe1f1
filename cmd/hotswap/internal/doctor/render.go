package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// WriteText prints a line for each finding, and below what does not work why, and what to do.
func (d Diagnosis) WriteText(w io.Writer) error {
	var b strings.Builder
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "%-3s %-22s %s\n", f.Verdict, f.Name, f.Text)
		if f.Verdict == Missing {
			b.WriteString(wrapped("why: ", f.Why) + wrapped("do:  ", f.Do))
		}
	}
	b.WriteString("\n" + d.summary() + "\n")
	for _, text := range d.Fallbacks {
		fmt.Fprintf(&b, "  %s\n", text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d Diagnosis) summary() string {
	switch {
	case d.Code == exit.OK:
		return "Everything works here: run hotswap -- your command."
	case d.Mechanism == "plain":
		return "Only this works here:"
	}
	return "hotswap works here, with these limits:"
}

// wrapped returns a text below a finding, in lines of at most 80 characters.
func wrapped(label, text string) string {
	const indent = 4
	var b strings.Builder
	line := strings.Repeat(" ", indent) + label
	empty := true
	for word := range strings.FieldsSeq(text) {
		switch {
		case empty:
			line += word
		case len(line)+1+len(word) > 80:
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", indent+len(label)) + word
		default:
			line += " " + word
		}
		empty = false
	}
	if empty {
		return ""
	}
	return b.String() + line + "\n"
}

// WriteJSON prints the diagnosis.
func (d Diagnosis) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}
