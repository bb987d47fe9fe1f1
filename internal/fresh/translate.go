package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// translated makes a copy of a TypeScript example in plain JavaScript.
func translated(path string) func(string) error {
	return func(dir string) error {
		if err := copied(path)(dir); err != nil {
			return err
		}
		var files []string
		for _, pattern := range []string{"src/*.ts", "src/*/*.ts"} {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				return err
			}
			files = append(files, found...)
		}
		esbuild := filepath.Join(dir, "node_modules/.bin/esbuild")
		cmd := exec.Command(esbuild, append([]string{"--format=esm", "--outbase=" + dir, "--outdir=" + dir, "--log-level=warning"}, files...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("esbuild: %w\n%s", err, out)
		}
		for _, file := range files {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
		return nil
	}
}

// written makes a folder with a program of internal/e2e/testdata/frameworks, if the
// command in needs succeeds.
func written(name string, needs ...string) func(string) error {
	return func(dir string) error {
		if err := (contender{needs: needs}).missing(); err != nil {
			return err
		}
		archive, err := txtar.ParseFile(filepath.Join(e2etest.Root(), "internal/e2e/testdata/frameworks", name+".txtar"))
		if err != nil {
			return err
		}
		return txtar.Write(archive, dir)
	}
}
