package fresh

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// translated makes a copy of a TypeScript example in plain JavaScript.
func translated(path string) func(string) error {
	return func(dir string) error {
		if err := Copied(path)(dir); err != nil {
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
		cmd := exec.Command(esbuild,
			append([]string{"--format=esm", "--outbase=" + dir, "--outdir=" + dir, "--log-level=warning"}, files...)...)
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

// goServer makes examples/go-server a module of its own, with its version in a file of
// its own.
func goServer(dir string) error {
	b, err := os.ReadFile(filepath.Join(e2etest.Root(), "examples/go-server/main.go"))
	if err != nil {
		return err
	}
	main := strings.Replace(string(b), "var version = \"1\"\n", "", 1)
	return txtar.Write(&txtar.Archive{Files: []txtar.File{
		{Name: "main.go", Data: []byte(main)},
		{Name: "go.mod", Data: []byte("module server\n\ngo 1.26\n")},
		{Name: "version.go", Data: []byte("package main\n\nvar version = \"1\"\n")},
	}}, dir)
}

// written makes a folder with a program of internal/e2e/testdata/frameworks, if the
// command in needs succeeds.
func written(name string, needs ...string) func(string) error {
	return func(dir string) error {
		if err := (Contender{Needs: needs}).Missing(); err != nil {
			return err
		}
		archive, err := txtar.ParseFile(filepath.Join(e2etest.Root(), "internal/e2e/testdata/frameworks",
			name+".txtar"))
		if err != nil {
			return err
		}
		return txtar.Write(archive, dir)
	}
}
