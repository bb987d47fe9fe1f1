// Package setup finds out how a project is run today and makes the hotswap.yaml for it. It
// reads through an fs.FS and writes nothing itself.
//
// # Where does it look?
//
// In the scripts of package.json, through npm run and the like and through concurrently, in
// Procfiles and pyproject.toml, and where no script says how the program is run, in the files
// that watchers and frameworks have for that. A command with a watcher comes first.
//
// # What replaces the watcher?
//
// In the script, the word hotswap: whatever ran before or beside the watcher still does. In
// hotswap.yaml stands the command that the watcher ran.
package setup
