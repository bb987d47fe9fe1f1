package fresh

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func measured() *result {
	r := &result{Machine: "a machine"}
	for _, c := range []struct {
		program, contender string
		rhythmMS           int64
		loaded, hotswap    bool
		ms                 float64
	}{
		{"large", "hotswap", 2500, true, true, 150},
		{"large", "tsx <watch>", 2500, true, false, 1500},
		{"large", "hotswap --fast", 2500, true, true, 75},
		{"hono-cdc", "hotswap", 2500, true, true, 60},
		{"hono-cdc", "hotswap", 1000, false, true, 50},
	} {
		t := &Track{Program: c.program, Title: "title of " + c.program, RhythmMS: c.rhythmMS, Loaded: c.loaded, Contender: c.contender, Hotswap: c.hotswap, Load: "1.50 1 1", Samples: []*Sample{{MS: c.ms}}}
		t.Count()
		r.Cells = append(r.Cells, t)
	}
	r.leaveOut("go", "air", errors.New("it is not here"))
	return r
}

func TestTable(t *testing.T) {
	want := `| title of hono-cdc | 1s without traffic | **50** | 50 |  |  |
|  | 2.5s | **60** | 60 |  |  |
| title of large | 2.5s | **150** | 150 | tsx <watch> 1,500 | 1,500 |
| title of large, ` + "`--fast`" + ` | 2.5s | **75** | 75 | tsx <watch> 1,500 | 1,500 |
`
	r := measured()
	got := r.table(r.rows())
	if !strings.Contains(got, want) || !strings.Contains(got, "Not measured: go by air.") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestChartIsXML(t *testing.T) {
	chart := measured().chart()
	for d := xml.NewDecoder(strings.NewReader(chart)); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, chart)
		}
	}
	// The rhythm of the chart alone, with a bar for each contender of a row.
	if n := strings.Count(chart, "<rect"); n != 5 || !strings.Contains(chart, "1,500 ms") {
		t.Errorf("%d bars in\n%s", n, chart)
	}
}

// A later file's cells replace the same cells of an earlier one.
func TestResultsAreJoined(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	first, second := measured(), measured()
	second.Cells = second.Cells[:1]
	second.Cells[0].Figures.Median = 99
	for i, r := range []*result{first, second} {
		if err := r.write(dirs[i]); err != nil {
			t.Fatal(err)
		}
	}
	joined, err := read([]string{filepath.Join(dirs[0], "fresh.json"), filepath.Join(dirs[1], "fresh.json")})
	if err != nil {
		t.Fatal(err)
	}
	if len(joined.Cells) != 3 || len(joined.LeftOut) != 1 || !strings.Contains(joined.table(joined.rows()), "**99**") {
		t.Errorf("joined:\n%s", joined.table(joined.rows()))
	}
}

// A table of the docs is what is between its two marks.
func TestReplaceBetween(t *testing.T) {
	page := filepath.Join(t.TempDir(), "evidence.md")
	if err := ReplaceBetween(page, "<begin>", "<end>", "new"); err == nil {
		t.Error("replaced without a page")
	}
	if err := os.WriteFile(page, []byte("before<begin>old<end>after"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceBetween(page, "<begin>", "<end>", "new"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(page); string(got) != "before<begin>new<end>after" {
		t.Errorf("%s", got)
	}
}
