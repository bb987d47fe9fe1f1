package why

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// decide puts together what the watcher and the rules say about a file.
func decide(file string, e changes.Explanation, cfg changes.Config, r *rule.Rules) control.Why {
	w := control.Why{
		File: file, Counts: e.Counts(), Unwanted: string(e.Unwanted), NotReached: e.Counts() && !e.Reached,
		Reason: e.Reason.String(), Pattern: e.Pattern, Source: e.Source, Line: e.Line, Folder: e.Folder,
		Extension: e.Ext, Asked: e.Asked, Program: e.Program, Languages: e.Kinds,
	}
	if file == cfg.Project {
		w.Reason = control.ReasonProject
		return w
	}
	switch e.Reason {
	case rules.Ignored:
		w.Source = place(cfg, "ignore", w.Pattern)
		if i, pattern, ok := r.Output(file); ok {
			w.Reason, w.Pattern, w.Source, w.OutputOf = control.ReasonOutput, pattern, r.All()[i].Where, r.All()[i].Run
			return w
		}
	case rules.Named, rules.Matched:
		if w.Pattern == "" && e.Reason == rules.Named && isOf(cfg.Files, cfg.Root, file) {
			w.Source = place(cfg, "env-file", "")
		}
		if w.Pattern != "" {
			w.Source = place(cfg, "watch", w.Pattern)
			if i, pattern, ok := r.Origin(w.Pattern); ok {
				w.Pattern, w.Source = pattern, r.All()[i].Where
			}
		}
	case rules.OfKind, rules.OtherKind:
		w.Commands = commands(cfg, r)
		if w.Asked {
			w.Source = place(cfg, "ext", "")
		}
	}
	plan := r.Decide([]string{file})
	applies := plan.Steps
	for _, m := range plan.Matches {
		applies = append(applies, m.Rules...)
	}
	slices.Sort(applies)
	for _, i := range slices.Compact(applies) {
		one := r.All()[i]
		says := control.WhyRule{Where: one.Where, Pattern: r.Pattern(i, file), Run: one.Run, Once: one.Once, Browser: string(one.Browser), Nothing: one.Nothing}
		if one.Signal != 0 {
			says.Signal = options.SignalName(one.Signal)
		}
		if w.Counts || one.Nothing && one.Run == "" {
			w.Rules = append(w.Rules, says)
		}
	}
	w.Swaps = w.Counts && !w.NotReached && w.Unwanted == "" && len(plan.Swap) > 0
	return w
}

// place returns where the user gave a value of an option.
func place(cfg changes.Config, option, value string) string {
	if cfg.Place == nil {
		return "--" + option
	}
	return cfg.Place(option, value)
}

// commands returns the commands that tell which extensions count.
func commands(cfg changes.Config, r *rule.Rules) (all []string) {
	if len(cfg.Command) > 0 {
		all = append(all, strings.Join(cfg.Command, " "))
	}
	return append(all, r.Builds()...)
}

// isOf reports whether file is one of paths, which may be relative to root.
func isOf(paths []string, root, file string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		if !filepath.IsAbs(path) {
			path = filepath.Join(root, path)
		}
		return filepath.Clean(path) == file
	})
}
