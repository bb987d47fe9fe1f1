package archtest

import (
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// oldWords have been replaced by field terms, and may not return. The number is how
// often a word is still left in the repository; it only ever falls. Words that also
// are field terms or plain English (keep, hold, lead, course) are not listed.
var oldWords = map[string]int{
	"bequeath":     0,
	"bequest":      0,
	"brace":        1,
	"braced":       0,
	"bury":         0,
	"crowded":      0,
	"deafen":       0,
	"deed":         3,
	"elder":        0,
	"estate":       0,
	"farewell":     0,
	"heir":         5,
	"knock":        0,
	"knocked":      0,
	"ledger":       0,
	"librarian":    0,
	"outbox":       0,
	"presence":     0,
	"renewal":      2,
	"rig":          0,
	"sieve":        0,
	"specimen":     0,
	"spoilt":       0,
	"stranded":     0,
	"talker":       0,
	"teller":       0,
	"temper":       0,
	"throng":       0,
	"typist":       0,
	"uncontrolled": 0,
	"unrecorded":   0,
	"warmth":       0,
	"wishes":       0,
	"younger":      2,
}

var wordFiles = regexp.MustCompile(`\.(go|md|cjs|mjs|js|ts|py|rb|txtar)$`)

// wordParts returns the runs of capitals and those of small letters. (A regular expression
// takes half a minute for all files under the race detector.)
func wordParts(text string) iter.Seq[string] {
	kind := func(b byte) int {
		switch {
		case 'a' <= b && b <= 'z':
			return 1
		case 'A' <= b && b <= 'Z':
			return 2
		}
		return 0
	}
	return func(yield func(string) bool) {
		for begin := 0; begin < len(text); {
			end, k := begin+1, kind(text[begin])
			for end < len(text) && kind(text[end]) == k {
				end++
			}
			if k > 0 && !yield(text[begin:end]) {
				return
			}
			begin = end
		}
	}
}

// Identifiers, comments, texts, file names and docs use the words of the field.
func TestOldWordsStayOut(t *testing.T) {
	root := filepath.Join("..", "..")
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	list, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	count, where := map[string]int{}, map[string][]string{}
	for file := range strings.FieldsSeq(string(list)) {
		if !wordFiles.MatchString(file) || strings.HasSuffix(file, "archtest/words_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, file))
		if os.IsNotExist(err) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		for word := range wordParts(file + "\n" + string(text)) {
			word = strings.ToLower(word)
			if _, old := oldWords[word]; !old {
				continue
			}
			count[word]++
			if !slices.Contains(where[word], file) {
				where[word] = append(where[word], file)
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(oldWords)) {
		switch left := oldWords[word]; {
		case count[word] > left:
			t.Errorf("%q is used %d times, at most %d may be left: use the field's term (%q)", word, count[word], left, where[word])
		case count[word] < left:
			t.Logf("%q is used %d times: lower its number from %d", word, count[word], left)
		}
	}
}
