// Package rules decides which files count. It does no input or output: the caller
// hands in the bytes of a .gitignore, and functions that look things up.
//
// # Which files count?
//
// Those below a base (a root, a path given by --watch, or the folder in which a --watch
// glob begins) that no rule ignores and that have an extension which the command is
// likely to read. [KindOf] finds that from the command line, through wrappers such as
// env, npx or sh -c. When it is not clear, all kinds count, because a missed change
// costs more than a needless swap.
//
// # Which rule wins?
//
// In this order, first match first:
//
//  1. --ignore: out.
//  2. a path named by --watch, a single-file root, the program's own file, what the
//     program is known to have loaded ([Rules.SetLoaded]), a list of installed packages
//     ([Packages]): in.
//  3. outside all bases: out.
//  4. an ignored folder between the base and the path: out. Folders above the base do
//     not count, so --watch may name a folder inside node_modules.
//  5. temporary files of editors: out.
//  6. a --watch glob that matches: in.
//  7. logs, databases, lock files: out.
//  8. below a server that reloads its own sources ([Server]): what it reads only when it starts is in, and the rest is
//     out, except below a path of --watch.
//  9. .env, .env.* and .pnp.cjs: in. They are nearly always named by .gitignore, and
//     nearly always read at start.
//  10. .gitignore: out, but for compiled translations (.mo) of a Python program.
//  11. the names and extensions of the command's kind, and of what builds it: in;
//     else out.
//
// [Rules.Explain] says which of them decides about a file, and which line or option.
//
// A lock file does not count (rule 7): if nothing else changes, the packages on the disk
// are those that the program has loaded. The list that an installer writes last counts.
//
// Where a build makes the program ([Config].Builds), rule 2 does not hold for the
// program's own file: it counts if it is source by the other rules.
//
// # How exact is the reading of .gitignore?
//
// As git itself, with which a test compares it: a character is a byte. The lines of --ignore go to doublestar as they
// are: "**" counts only as a whole name, a set may hold a slash but no [:alpha:], and a character is one of UTF-8.
// go-git's matcher and sabhiram/go-gitignore answer otherwise for a third of the test's sets of lines.
package rules
