package config

import (
	"path/filepath"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// Audit says where and how the audit log is written. The zero value means that there is none.
type Audit struct {
	Dir             string         // the folder of the logs; "" means that there is no audit log
	Sync            string         // when records get to the disk: "group", "each" or "none"
	Key             yamldoc.Secret // the seed of the Ed25519 key that signs checkpoints, 32 bytes; nil if they are not signed
	CheckpointEvery int64          // records between two checkpoints
}

const (
	auditDir        = "audit"
	auditSync       = "group"
	checkpointEvery = 1000
	seedSize        = 32
)

// residency reads the name of the policy's file.
func (l *loader) residency(n *yamldoc.Node) string {
	if n == nil {
		return ""
	}
	return l.file(l.Text(n))
}

// audit reads the settings of the audit log. A policy asks for a log, so that it has one without saying so.
func (l *loader) audit(n *yamldoc.Node, policy bool) Audit {
	if n == nil && !policy {
		return Audit{}
	}
	out := Audit{Dir: l.file(auditDir), Sync: auditSync, CheckpointEvery: checkpointEvery}
	if n == nil {
		return out
	}
	f := l.Fields(n, "dir", "sync", "key", "checkpoint_every")
	if f == nil {
		return out
	}
	if n := f.Get("dir"); n != nil {
		out.Dir = l.file(l.Text(n))
	}
	if n := f.Get("sync"); n != nil {
		out.Sync = l.OneOf(n, "sync", "group", "each", "none")
	}
	if n := f.Get("key"); n != nil {
		out.Key = l.Secret(n, l.env, seedSize, seedSize)
	}
	if n := f.Get("checkpoint_every"); n != nil {
		out.CheckpointEvery, _ = l.Integer(n, 1, 1_000_000_000)
	}
	return out
}

// file resolves a path of the configuration against its folder; "" stays.
func (l *loader) file(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(l.dir, path)
}
