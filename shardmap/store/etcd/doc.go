// Package etcd keeps a shard map under one key of an etcd cluster, version 3.4 or later.
//
// Every read is linearizable: the cluster's majority vouches for it, whichever member is asked, so a member that is cut off or behind answers nothing rather than
// something old. A change is a transaction on the key's revision. etcd bounds a request to 1.5 MiB by default (--max-request-bytes), and with it a map.
package etcd
