package archtest

import (
	"slices"
	"strings"
	"testing"
)

// The first table of docs/evidence.md says of each kind of connection and each program what
// the client sees, and names a test for it. TestTestsInDocsExist checks that the tests exist.
func TestTableOfClientsIsComplete(t *testing.T) {
	covered := map[string][]string{} // kind of connection → programs
	kind := ""
	_, table, _ := strings.Cut(docs(t)["../../docs/evidence.md"], "| connection |")
	table, _, _ = strings.Cut(table, "\n\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 4 || strings.HasPrefix(line, "|--") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[0] != "" {
			kind = strings.Trim(cells[0], "*")
		}
		covered[kind] = append(covered[kind], cells[1])
		if cells[2] == "" || !docProof.MatchString(cells[3]) {
			t.Errorf("%s, %s: %q is shown by no test (%q)", kind, cells[1], cells[2], cells[3])
		}
	}
	for _, kind := range []string{"new", "kept", "in flight", "WebSocket", "event stream", "HTTP/2", "TLS"} {
		if p := covered[kind]; !slices.Contains(p, "all") && !slices.Contains(p, "all others") {
			t.Errorf("of the connection %q, docs/evidence.md covers only %q", kind, p)
		}
	}
}
