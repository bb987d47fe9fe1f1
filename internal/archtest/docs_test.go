package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

var (
	docLink    = regexp.MustCompile(`\[([^\]\n]+)\]\(([^)\s]+)\)`)
	docHeading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	docFence   = regexp.MustCompile("(?s)```.*?```")
	docSlug    = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	docPath    = regexp.MustCompile(
		"`((?:cmd|supervisor|handoff|watch|clients|bench|internal|examples|docs|packaging|\\.ci)/[\\w./*-]+)`")
	docFunc   = regexp.MustCompile("^`(?:[\\w.]+\\.)?(\\w+)`$")
	docProof  = regexp.MustCompile("(?:`(?:[\\w/]+\\.)?|-run )((?:Test|Benchmark)\\w+)(?:/[^`]*)?(…?)[`\\s]")
	docScript = regexp.MustCompile("`(\\w+\\.txtar)`")
	docTest   = regexp.MustCompile(`\.Test\w+$|/v[\d.]+$`) // a test in a package, or a tag of git
)

// docs returns the text of each page by its path.
func docs(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../examples/*/README.md",
		"../../clients/*/README.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %q, %v", pattern, files, err)
		}
		for _, file := range files {
			text := testkit.Must(os.ReadFile(file))(t)
			pages[file] = string(text)
		}
	}
	return pages
}

// anchor returns the anchor that GitHub gives a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(docSlug.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// Every link in the docs leads to a file and a heading that exist, and a link from a
// function's name to a Go file leads to the file that has this function.
func TestLinksOfDocsLeadSomewhere(t *testing.T) {
	for page, text := range docs(t) {
		for _, link := range docLink.FindAllStringSubmatch(docFence.ReplaceAllString(text, ""), -1) {
			path, fragment, _ := strings.Cut(link[2], "#")
			if strings.Contains(path, "://") {
				continue
			}
			file := page
			if path != "" {
				file = filepath.Join(filepath.Dir(page), path)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Errorf("%s: %s does not exist", page, link[2])
				continue
			}
			if info.IsDir() {
				continue
			}
			target := testkit.Must(os.ReadFile(file))(t)
			name := docFunc.FindStringSubmatch(link[1])
			if name != nil && name[1] != "go" && strings.HasSuffix(file, ".go") {
				if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + name[1] + `[(\[]`).Match(target) {
					t.Errorf("%s: %s has no function %s", page, path, name[1])
				}
			}
			if fragment == "" {
				continue
			}
			found := false
			for _, heading := range docHeading.FindAllStringSubmatch(docFence.ReplaceAllString(string(target), ""),
				-1) {
				found = found || anchor(heading[1]) == fragment
			}
			if !found {
				t.Errorf("%s: %s has no heading #%s", page, file, fragment)
			}
		}
	}
}

// Every path of the repository that the docs name exists.
func TestPathsInDocsExist(t *testing.T) {
	for page, text := range docs(t) {
		for _, path := range docPath.FindAllStringSubmatch(text, -1) {
			path[1] = docTest.ReplaceAllString(path[1], "")
			if found, err := filepath.Glob(filepath.Join("..", "..", path[1])); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which does not exist", page, path[1])
			}
		}
	}
}

// Every script, test and benchmark that the docs name exists, or, where the name ends in …, one
// that begins so.
func TestTestsInDocsExist(t *testing.T) {
	var code strings.Builder
	for _, p := range list(t) {
		files, _ := filepath.Glob(filepath.Join(p.Dir, "*_test.go"))
		for _, file := range files {
			text := testkit.Must(os.ReadFile(file))(t)
			code.Write(text)
		}
	}
	for page, text := range docs(t) {
		for _, test := range docProof.FindAllStringSubmatch(text, -1) {
			want := "\nfunc " + test[1]
			if test[2] == "" {
				want += "("
			}
			if !strings.Contains(code.String(), want) {
				t.Errorf("%s names %s, which does not exist", page, test[1])
			}
		}
		for _, script := range docScript.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join("../../cmd/hotswap/testdata/script", script[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
