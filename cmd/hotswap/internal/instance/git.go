package instance

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// workTree returns the top folder of the git work tree around dir; "": dir lies in none.
func workTree(dir string) string { return regular.Nearest(regular.Real(dir), ".git", os.Stat) }

// gitDir returns the folder in which git keeps the state of the work tree around dir; "": dir lies in none. A linked
// work tree's .git is a file that names that folder (gitrepository-layout(5)).
func gitDir(dir string) string {
	top := workTree(dir)
	if top == "" {
		return ""
	}
	at := filepath.Join(top, ".git")
	if to, ok := strings.CutPrefix(firstLine(at), "gitdir: "); ok {
		return regular.Absolute(to, top)
	}
	return at
}

// Branch returns the branch that the git work tree around dir has checked out, or the start of the commit's name; "":
// dir lies in no work tree.
func Branch(dir string) string {
	own := gitDir(dir)
	if own == "" {
		return ""
	}
	text := firstLine(filepath.Join(own, "HEAD"))
	if branch, ok := strings.CutPrefix(text, "ref: refs/heads/"); ok {
		return branch
	}
	return text[:min(len(text), 12)]
}

// repository returns the folder that all work trees of the git repository around dir share; "": dir lies in none.
func repository(dir string) string {
	own := gitDir(dir)
	if own == "" {
		return ""
	}
	return regular.Real(regular.Absolute(firstLine(filepath.Join(own, "commondir")), own)) // no such file: own
}

func firstLine(path string) string {
	text, _ := regular.Text(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}
