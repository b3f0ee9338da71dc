package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/config"
)

func newMap(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "map",
		Short: "Show the shard map that is kept in a store, or put a new version there",
		Long: `Works on the shard map where the configuration's section map says that it is kept: in a file, a table of
PostgreSQL, or etcd. docs/shardmap.md tells what the document looks like.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMapShow(t), newMapPut(t), newMapStatus(t))
	return cmd
}

func newMapShow(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Print the document of the newest version",
		Example: `  atoll map show -c atoll.yaml > map.yaml`,
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(*path)
		if err != nil {
			return err
		}
		text, _, err := atoll.ReadMap(cmd.Context(), cfg)
		if err != nil {
			return err
		}
		_, err = t.out.Write(text)
		return err
	}
	return cmd
}

func newMapPut(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "put FILE",
		Short: "Check a document and make it the newest version",
		Long: `Checks a document and puts it into the store as the next version, unless somebody else was faster. The document
states the version after the one that is there (map_version). It does not move rows: where keys are to live
elsewhere, atoll move takes them there.`,
		Example: `  atoll map put -c atoll.yaml map.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("for example: atoll map put map.yaml", "map put takes a file, or - for standard input")
			}
			return nil
		},
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := loadConfig(*path)
		if err != nil {
			return err
		}
		text, err := readInput(t.in, args[0], "the document", config.MaxFileSize)
		if err != nil {
			return err
		}
		version, err := atoll.WriteMap(cmd.Context(), cfg, text, args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "version %d is in force\n", version)
		return err
	}
	return cmd
}

func newMapStatus(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "status",
		Short:   "Tell which version is in force, and which moves are under way",
		Example: `  atoll map status -c atoll.yaml`,
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withEngine(cmd.Context(), *path, func(e *atoll.Engine) error { return mapStatus(t.out, e.Map()) })
	}
	return cmd
}

func mapStatus(w io.Writer, s atoll.MapStatus) error {
	where, age := printable(s.Store), ""
	if s.Store == "" {
		where = "the configuration"
	} else {
		age = ", confirmed " + time.Since(s.AsOf).Round(time.Millisecond).String() + " ago"
	}
	text := fmt.Sprintf("version %d in %s%s\n", s.Version, where, age)
	for _, m := range s.Moves {
		text += printable(fmt.Sprintf("move %s: keys of %s from %s to %s, %s", m.ID, m.Table, m.From, m.To, m.Phase)) + "\n"
	}
	if s.Err != nil {
		text += printable(s.Err.Error()) + "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}
