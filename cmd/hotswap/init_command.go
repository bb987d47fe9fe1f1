package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/project"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

const (
	projectFile = project.Name
	packageFile = "package.json"
)

func initCommand(std streams) *cli.Command {
	var write, force bool
	flags := []cli.Flag{
		options.Switch(&write, "write", "", "change package.json too"),
		options.Switch(&force, "force", "", "replace a hotswap.yaml that is there"),
	}
	return subCommand("init", "write hotswap.yaml for this project, and take over its watcher", flags, func(context.Context) error {
		dir, err := os.Getwd()
		if err != nil {
			return exit.Unavailable(err)
		}
		proposal, err := setup.LookWithin(10*time.Second, os.DirFS(dir), setup.PackagesAbove(dir)...)
		switch {
		case errors.Is(err, setup.ErrDone):
			return exit.Usagef("%w", err)
		case err != nil:
			return exit.Unavailable(err)
		}
		if err := writeProject(std, dir, proposal, write, force); err != nil {
			return err
		}
		return editPackage(std, proposal.Edit, write)
	})
}

// writeProject writes hotswap.yaml. A file with another text stays, unless force is set; with
// write it has to have a command, because package.json will rely on it.
func writeProject(std streams, dir string, proposal *setup.Proposal, write, force bool) error {
	text := proposal.YAML()
	if there, err := regular.Text(projectFile); err == nil && bytes.Equal(there, text) {
		fmt.Fprintf(std.err, "hotswap: %s is there already\n", projectFile)
		return nil
	}
	err := createFile(projectFile, text)
	if errors.Is(err, fs.ErrExist) {
		switch {
		case force:
			err = replace(projectFile, text)
		case write:
			return keepProject(std, dir)
		default:
			return exit.Usagef("%s is there already, and stays as it is; --write changes only %s, --force replaces %[1]s", projectFile, packageFile)
		}
	}
	if err != nil {
		return exit.Unavailable(err)
	}
	start := "hotswap alone runs it"
	if proposal.Start != "" {
		start = "start it by the script " + proposal.Start + ", with the change below"
	}
	fmt.Fprintf(std.err, "hotswap: wrote %s from %s; %s\n", projectFile, plain.Line(proposal.Source), plain.Line(start))
	for _, left := range proposal.Left {
		fmt.Fprintf(std.err, "hotswap: not taken over: %s\n", plain.Line(left))
	}
	return nil
}

// createFile writes a file that is not there yet.
func createFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// keepProject says that the hotswap.yaml that is there stays as it is. hotswap has to be able to
// run by it alone.
func keepProject(std streams, dir string) error {
	file, err := project.Open(filepath.Join(dir, projectFile), projectFile)
	switch {
	case err != nil:
		return err
	case file.Command == nil:
		return exit.Usagef("%s is there already, and has no command; add one, and run hotswap init --write again", projectFile)
	}
	fmt.Fprintf(std.err, "hotswap: %s is there already, and stays as it is\n", projectFile)
	return nil
}

// editPackage prints what is to change in package.json, and changes it if write is set.
func editPackage(std streams, edit *setup.Edit, write bool) error {
	if edit == nil {
		return nil
	}
	before, err := os.ReadFile(packageFile)
	if err != nil {
		return exit.Unavailable(err)
	}
	after, err := edit.Apply(before)
	if err != nil {
		return exit.Unavailable(fmt.Errorf("%s: the script %s %w to %s", packageFile, edit.Script, err, edit.Text))
	}
	if bytes.Equal(before, after) {
		return nil
	}
	// A tab in the text of others is escaped, and here it is only for people.
	fmt.Fprint(std.out, strings.ReplaceAll(setup.Diff(packageFile, before, after), "\t", "    "))
	if !write {
		fmt.Fprintf(std.err, "hotswap: %s is unchanged; hotswap init --write makes this change\n", packageFile)
		return nil
	}
	target, err := filepath.EvalSymlinks(packageFile)
	if err = errors.Join(err, replace(target, after)); err != nil {
		return exit.Unavailable(err)
	}
	fmt.Fprintf(std.err, "hotswap: changed %s\n", packageFile)
	return nil
}

// replace writes a file beside the old one and renames it, so that there is always a whole one.
// Where path is a link, what it leads to stays.
func replace(path string, text []byte) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if !info.Mode().IsRegular() {
		mode = 0o644
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails when it has been renamed
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// advise returns what to write instead of a command that watches files itself. npm run reads
// the nearest package.json.
func advise(command []string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	scripts := dir
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, packageFile)); err == nil {
			scripts = d
			break
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	return setup.Advice(os.DirFS(dir), os.DirFS(scripts), command, setup.PackagesAbove(scripts)...)
}
