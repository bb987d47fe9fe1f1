package testkit

import (
	"fmt"
	"os"
	"testing"
)

// Write gives a file a text as editors do: beside it, and renamed over it.
func Write(t testing.TB, file, text string) {
	t.Helper()
	beside := fmt.Sprintf("%s.%d~", file, os.Getpid())
	if err := os.WriteFile(beside, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(beside, file); err != nil {
		t.Fatal(err)
	}
}

// AwaitFile returns the content of a file that appears whole.
func AwaitFile(t testing.TB, file string) (text string) {
	t.Helper()
	Eventually(t, func() error {
		b, err := os.ReadFile(file)
		text = string(b)
		return err
	})
	return text
}
