// Package statefile keeps the items of a store in a file, so that they survive hotswap.
//
// The file is a database of bbolt. A commit is one transaction, which bbolt writes to free
// pages and synchronizes before it writes the page that makes the transaction valid. So a
// process that is killed at any moment, or a machine that loses its power, leaves a file
// with every commit that has returned. Each record has a checksum of its own, because bbolt
// has none for data. Open reads the whole structure before bbolt does, which trusts it.
package statefile
