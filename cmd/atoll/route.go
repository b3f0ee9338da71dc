package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll"
)

func newRoute(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "route TABLE KEY...",
		Short: "Show which shard holds a key, and why",
		Long: `Shows which shard holds the rows of a table with the given key, one value per column of its sharding key, and
which rule says so.`,
		Example: `  atoll route -c atoll.yaml payments 203`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("for example: atoll route payments 203", "route takes a table and its key")
			}
			return nil
		},
	}
	config := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withEngine(cmd.Context(), *config, func(e *atoll.Engine) error {
			r, err := e.Route(args[0], args[1:]...)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(t.out, "shard   %s\nregion  %s\nwhy     %s\n", printable(r.Shard), printable(r.Region), printable(r.Why))
			return err
		})
	}
	return cmd
}
