package archtest

import (
	"go/build/constraint"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// system is a tag that names an operating system or a processor, or a Go release.
var system = regexp.MustCompile(`^(linux|darwin|freebsd|windows|plan9|unix|386|amd64|arm64|go1\.\d+)$`)

// What is tested is what people get: build tags tell systems apart, and nothing else.
func TestTagsAreOfSystems(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "grep", "-nE", `^//go:build |^// \+build `, "--", "*.go").Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("no file has a tag: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		where, text, _ := strings.Cut(strings.TrimSpace(line), ":/")
		x, err := constraint.Parse("/" + text)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		x.Eval(func(tag string) bool {
			if !system.MatchString(tag) {
				t.Errorf("%s: the tag %s makes another hotswap than people have", where, tag)
			}
			return true
		})
	}
}
