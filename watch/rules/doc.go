// Package rules decides which paths a change may come from: path in, verdict
// out. It does no input or output; what has to be read (a .gitignore) is
// handed in as bytes, what has to be looked up (is this word a file?) is asked
// through a function.
//
// # Which files count?
//
// Those below a base (a root, a path given by --watch, or the folder a --watch
// glob begins in) that no rule ignores and that have an extension the command
// at hand is likely to read. [KindOf] finds that from the command line,
// through wrappers such as env, npx or sh -c; when it is not clear, all kinds
// count, because a change that is missed costs more than a needless swap.
//
// # Which rule wins?
//
// In this order, first match first:
//
//  1. --ignore: what the user excludes is out, whoever else named it.
//  2. a path named by --watch, a single-file root, the program's own file, what the
//     program is known to have loaded ([Rules.SetLoaded]), a folder of packages as
//     such, without what lies in it ([Packages]): in.
//  3. outside all bases: out.
//  4. an ignored folder between the base and the path: out. Folders above the
//     base do not count: who names a folder inside node_modules means it.
//  5. temporary files of editors: out.
//  6. a --watch glob that matches: in.
//  7. logs, databases, lock files: out.
//  8. .env, .env.* and .pnp.cjs: in. They are nearly always named by .gitignore, and
//     nearly always read at start.
//  9. .gitignore: out.
//  10. the names and extensions of the command's kind, and of what builds it: in;
//     else out.
//
// A lock file does not count (rule 7): if only it changes, the packages on the disk are
// those that the program has loaded. What the installer writes when it has ended does.
//
// Where something builds the program ([Config].Builds), its own file is no reason
// for rule 2: it counts if it is source by the other rules.
//
// # How exact is the reading of .gitignore?
//
// A folder that is excluded excludes all below it, the last matching line
// wins, deeper files win over shallower ones: as per gitignore(5), and compared
// with git itself in a test. go-git's matcher was not taken, because it lets
// "!*/" re-include every file of every folder. POSIX classes ([[:alpha:]]) are
// not known: such a line matches nothing.
package rules
