package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
)

// Wrong usage is what people can write differently.
func TestRemovedDirectoryIsNoWrongUsage(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	var e *exit.Error
	if _, err := (&session{file: &project.File{}}).newChanges([]string{"true"}, nil, time.Time{}); !errors.As(err, &e) || e.Code != exit.CodeUnavailable {
		t.Errorf("%v", err)
	}
}
