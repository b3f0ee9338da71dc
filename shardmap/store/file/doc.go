// Package file keeps a shard map in a YAML file, whose version is the whole number after its top-level key map_version. The file may be written by
// [Store.Swap], by people with their editors, or by a deployment that exchanges symbolic links, as Kubernetes does for its volumes.
//
// Programs that change the map agree by a lock on a file beside it, "<name>.lock", which stays and holds the checksum of what they wrote last. Editors do not take that lock: an edit that is saved in
// the moment in which a program exchanges the file may be lost. On file systems that tell nothing of changes, such as NFS, a change is
// found when the file is next read.
package file
