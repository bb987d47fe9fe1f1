package why

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch"
)

// mostBytes bounds the names of files in one answer, in bytes. Tests shorten it.
var mostBytes = 512 << 10

// mostEntries bounds each other list of an answer.
const mostEntries = 1000

// Watch says what is watched, with files from the one with the number from on.
func (f Files) Watch(ctx context.Context, from int) (control.Watch, error) {
	if f.Changes == nil {
		return control.Watch{Off: true}, nil
	}
	list, cfg, err := f.Changes.List(ctx)
	if err != nil {
		return control.Watch{}, err
	}
	r := cfg.Steps.Rules()
	w := control.Watch{
		Root: cfg.Root, Bases: some(list.Bases), Gone: some(list.Gone), Packages: some(list.Packages), EnvFiles: some(cfg.Files),
		Extensions: some(list.Extensions), Any: list.Any, Asked: list.Asked, Languages: list.Kinds, Commands: some(commands(cfg, r)),
		Folders: list.Folders, Polled: list.Polled, PolledFor: some(polledFor(list)),
		Patterns: some(patterns(cfg, r)), Ignored: some(ignored(cfg, r)),
	}
	if w.Asked {
		w.AskedBy = place(cfg, "ext", "")
	}
	w.Count = list.Files.Count()
	w.From = min(from, w.Count)
	size := 0
	for path := range list.Files.From(w.From) {
		name := relative(cfg.Root, path)
		if size += len(name); size > mostBytes && len(w.Files) > 0 {
			break
		}
		w.Files = append(w.Files, name)
	}
	return w, nil
}

// some returns the first elements of a list, and no nil, which JSON would tell from an empty list.
func some[T any](list []T) []T { return append([]T{}, list[:min(len(list), mostEntries)]...) }

func polledFor(list watch.Listing) (why []string) {
	if list.Polled == 0 {
		return nil
	}
	if list.Poll {
		why = append(why, "--poll")
	}
	if list.Limited {
		why = append(why, "the kernel allows no more watches")
	}
	if len(list.Gone) > 0 {
		why = append(why, "a folder is gone")
	}
	return append(why, list.Remote...)
}

// patterns returns the paths and patterns of what counts in addition.
func patterns(cfg changes.Config, r *rule.Rules) (all []control.Place) {
	for _, p := range cfg.Watch {
		all = append(all, control.Place{Pattern: p, Where: place(cfg, "watch", p)})
	}
	for _, one := range r.All() {
		if one.Nothing && one.Run == "" {
			continue
		}
		for _, p := range one.Change {
			all = append(all, control.Place{Pattern: p, Where: one.Where})
		}
	}
	return all
}

// ignored returns the patterns of what does nothing.
func ignored(cfg changes.Config, r *rule.Rules) (all []control.Place) {
	for _, p := range cfg.Ignore {
		all = append(all, control.Place{Pattern: p, Where: place(cfg, "ignore", p)})
	}
	for _, one := range r.All() {
		list := one.Outputs
		if one.Nothing && one.Run == "" {
			list = slices.Concat(list, one.Change)
		}
		for _, p := range list {
			all = append(all, control.Place{Pattern: p, Where: one.Where})
		}
	}
	return all
}

// relative returns path as seen from dir, in full if that is shorter and it lies far away.
func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..")) && len(rel) >= len(path) {
		return path
	}
	return rel
}
