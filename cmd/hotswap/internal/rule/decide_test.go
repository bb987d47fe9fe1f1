package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// rules are those of the documentation, and some that meet them.
var rules = []Rule{
	{Where: "0", Change: []string{"src/routes/**", "src/docs/**"}, Run: "openapi",
		Outputs: []string{"src/docs/openapi.json"}},
	{Where: "1", Change: []string{"plugins/*/{index,schema}.ts"}, Run: "types", Outputs: []string{"src/gen"}},
	{Where: "2", Change: []string{"drizzle"}, Run: "migrate", Once: true},
	{Where: "3", Change: []string{"certs/*.pem", "!certs/old*"}, Signal: syscall.SIGHUP},
	{Where: "4", Change: []string{"**/*.md", "**/*.test.ts"}, Nothing: true},
	{Where: "5", Change: []string{"public/**/*.css"}, Browser: BrowserCSS},
	{Where: "6", Run: "build"},
	{Where: "7", Change: []string{"notes/*"}, Run: "index", Nothing: true},
	{Where: "8", Change: []string{"public/app.css"}, Run: "prefix"},
	{Where: "9", Change: []string{"/etc/app/*.conf"}, Run: "check"},
}

func TestDecide(t *testing.T) {
	r := testkit.Must(New("/project", rules))(t)
	for files, want := range map[string]string{
		"src/app.ts":                         "swap [src/app.ts] steps [6]",
		"src/routes/a/b.ts":                  "swap [src/routes/a/b.ts] steps [0 6]",
		"src/docs/openapi.json":              "ignored [src/docs/openapi.json]",
		"src/gen/types/a.ts":                 "ignored [src/gen/types/a.ts]",
		"src/routes/a.test.ts":               "ignored [src/routes/a.test.ts]",
		"plugins/a/schema.ts":                "swap [plugins/a/schema.ts] steps [1 6]",
		"plugins/a/b/schema.ts":              "swap [plugins/a/b/schema.ts] steps [6]",
		"drizzle":                            "swap [drizzle] steps [2 6]",
		"drizzle/meta/0.json":                "swap [drizzle/meta/0.json] steps [2 6]",
		"drizzles/0.sql":                     "swap [drizzles/0.sql] steps [6]",
		"certs/a.pem":                        "signals [3]",
		"certs/old.pem":                      "swap [certs/old.pem] steps [6]",
		"README.md":                          "ignored [README.md]",
		"public/a/b.css":                     "browser [public/a/b.css css 5]",
		"public/app.css":                     "steps [8] browser [public/app.css css 5]",
		"notes/a":                            "steps [7]",
		"/etc/app/a.conf":                    "swap [/etc/app/a.conf] steps [6 9]",
		"src/app.ts src/routes/a.ts notes/a": "swap [src/app.ts src/routes/a.ts] steps [0 6 7]",
		"certs/a.pem certs/b.pem README.md":  "signals [3] ignored [README.md]",
		"drizzle/1.sql src/routes/a.ts":      "swap [drizzle/1.sql src/routes/a.ts] steps [0 2 6]",
	} {
		var paths []string
		for _, f := range strings.Fields(files) {
			if !strings.HasPrefix(f, "/") {
				f = "/project/" + f
			}
			paths = append(paths, f)
		}
		if got := say(r, paths); got != want {
			t.Errorf("%s: %s, want %s", files, got, want)
		}
	}
	if got := r.Starts(); !slices.Equal(got, []int{2, 6}) {
		t.Errorf("before the first start: %v", got)
	}
	if got := r.Builds(); !slices.Equal(got, []string{"build"}) {
		t.Errorf("builds: %v", got)
	}
	if got := r.Patterns; slices.Contains(got, "/project/**/*.md") || !slices.Contains(got, "/project/certs/*.pem") ||
		slices.Contains(got, "/project/certs/old*") {
		t.Errorf("watched besides: %v", got)
	}
}

// say returns as a text the plan for files, with what its rules do in the place of a start.
func say(r *Rules, files []string) string {
	p := r.Decide(files)
	var signals []int
	var told, ignored []string
	for k, file := range files {
		does := slices.Contains(p.Swap, file)
		for _, i := range p.Matches[k] {
			switch rule := r.All[i]; {
			case rule.Signal != 0:
				does, signals = true, append(signals, i)
			case rule.Browser != "":
				does, told = true, append(told, fmt.Sprint(file, " ", rule.Browser, " ", i))
			case rule.Run != "":
				does = true
			}
		}
		if !does {
			ignored = append(ignored, file)
		}
	}
	signals = slices.Compact(signals)
	var out []string
	add := func(what string, some bool, v any) {
		if some {
			out = append(out, strings.ReplaceAll(fmt.Sprint(what, " ", v), "/project/", ""))
		}
	}
	add("swap", len(p.Swap) > 0, p.Swap)
	add("steps", len(p.Steps) > 0, p.Steps)
	add("signals", len(signals) > 0, signals)
	add("browser", len(told) > 0, told)
	add("ignored", len(ignored) > 0, ignored)
	return strings.Join(out, " ")
}

// A task whose inputs a rule generates would not run for them.
func TestTaskOfWhatARuleWrites(t *testing.T) {
	generate := Rule{Where: "hotswap.yaml:7", Change: []string{"schema.ts"}, Run: "generate",
		Outputs: []string{"drizzle/**"}}
	migrate := Rule{Where: "hotswap.yaml:3", Change: []string{"drizzle/**"}, Run: "migrate", Once: true,
		Outputs: []string{"data/**"}}
	if _, err := New("/project", []Rule{migrate, generate}); !errors.Is(err, ErrRule) ||
		!strings.HasPrefix(err.Error(), "hotswap.yaml:7: ") {
		t.Errorf("%v", err)
	}
	generate.Outputs = []string{"src/schema.gen.ts"}
	if _, err := New("/project", []Rule{migrate, generate}); err != nil {
		t.Error(err)
	}
}
