// Package config reads atoll.yaml: regions, shards, tables and limits.
//
// Every error says file, line and column, and shows the line with a caret. No error, and no printed form
// of any type here, holds a credential: a password in a DSN comes from the environment or from a file that
// the configuration names, and the excerpt of a line masks what looks like one. docs/configuration.md describes each
// key; config.schema.json at the root of the repository is the same in JSON Schema.
package config
