package main

import (
	"context"
	"io/fs"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/config"
)

// defaultConfig is the configuration used without -c, unless $ATOLL_CONFIG names another.
const defaultConfig = "atoll.yaml"

// configFlag adds -c to cmd and returns where its value will be.
func configFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("config", "c", "", "configuration file (default: $ATOLL_CONFIG, else ./"+defaultConfig+")")
}

// configPath is the configuration's file: the one named, or the default one if path is empty.
func configPath(path string) (string, error) {
	if path == "" {
		path = os.Getenv("ATOLL_CONFIG")
	}
	if path == "" {
		path = defaultConfig
		if _, err := os.Stat(path); err != nil {
			return "", usage("name one with -c or $ATOLL_CONFIG; atoll demo --dir D makes one to start with",
				"no configuration: there is no %s in this folder", defaultConfig)
		}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", &usageError{err: err}
	case info.Mode()&fs.ModeType == fs.ModeDir:
		return "", usage("", "%s is a folder; -c takes a configuration file", path)
	}
	return path, nil
}

// withEngine runs do with an engine and closes it.
func withEngine(ctx context.Context, config string, do func(*atoll.Engine) error, opts ...atoll.Option) error {
	return withEngineOf(ctx, config, func(*atoll.Config) {}, do, opts...)
}

// loadConfig reads the configuration named, or the default one if path is empty.
func loadConfig(path string) (*atoll.Config, error) {
	path, err := configPath(path)
	if err != nil {
		return nil, err
	}
	return atoll.LoadConfig(path)
}

// boundMemory tells Go's collector of its part of limits.total_memory: where little is left it collects more often. GOMEMLIMIT in the environment
// comes first.
func boundMemory(cfg *atoll.Config) {
	if total := cfg.Limits.TotalMemory; total > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(config.GoShare(total))
	}
}

// withEngineOf is withEngine of a configuration that change has changed.
func withEngineOf(ctx context.Context, config string, change func(*atoll.Config), do func(*atoll.Engine) error, opts ...atoll.Option) (err error) {
	cfg, err := loadConfig(config)
	if err != nil {
		return err
	}
	change(cfg)
	boundMemory(cfg)
	e, err := atoll.Open(ctx, cfg, opts...)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := e.Close(); err == nil {
			err = cerr
		}
	}()
	return do(e)
}
