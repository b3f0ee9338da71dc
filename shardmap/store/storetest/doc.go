// Package storetest is the suite that every store of shard maps passes, through the port alone.
package storetest
