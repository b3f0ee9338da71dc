package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/cmd/atoll/internal/progress"
	"github.com/atoll-sql/atoll/internal/terraform"
)

// maxTerraform bounds Terraform's JSON, in bytes.
const maxTerraform = 256 << 20

func newShardsImport(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Make entries of shards from what other programs know of databases",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportTerraform(t))
	return cmd
}

// importFlags are those of one import.
type importFlags struct {
	into, dsn                  string
	dryRun, skip               bool
	jurisdictions, regulations []string
}

func newImportTerraform(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "terraform [FILE|-]",
		Short: "Make regions and shards from Terraform's databases on AWS and Azure",
		Long: `Reads the JSON of terraform show -json (of a state or a plan) or of terraform output -json, and writes the regions and shards of a
configuration to standard output. The tag ShardID of a database is its shard's name, the tag Regulatory its law (GDPR, LGPD, …) or
jurisdiction. Login and password are never taken from the JSON: the DSNs refer to variables of the environment.

With --into the entries are added to a configuration, which keeps all that it has. If anything is wrong nothing is written.`,
		Example: `  terraform show -json | atoll shards import terraform
  atoll shards import terraform state.json --into atoll.yaml --dry-run
  terraform output -json | atoll shards import terraform - --into atoll.yaml`,
		Args: cobra.MaximumNArgs(1),
	}
	var f importFlags
	cmd.Flags().StringVar(&f.into, "into", "", "add the entries to this configuration")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "with --into: write the merged configuration to standard output, and no file")
	cmd.Flags().BoolVar(&f.skip, "skip-untagged", false, "leave out databases with neither of the tags ShardID and Regulatory")
	cmd.Flags().StringVar(&f.dsn, "dsn", "address", "what a DSN holds: address (host, port, database), or variable (all of it is one variable)")
	cmd.Flags().StringArrayVar(&f.jurisdictions, "jurisdiction", nil, "the jurisdiction of a region, as REGION=NAME; may be repeated")
	cmd.Flags().StringArrayVar(&f.regulations, "regulation", nil, "the jurisdiction of a law in the tag Regulatory, as LAW=NAME; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return t.importTerraform(cmd.Context(), f, args) }
	return cmd
}

func (t *terminal) importTerraform(ctx context.Context, f importFlags, args []string) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	data, err := t.terraformJSON(args)
	if err != nil {
		return err
	}
	found, err := terraform.Read(data, options)
	if err != nil {
		return &usageError{err: err, hint: "nothing was imported; docs/terraform.md explains the tags"}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if f.into == "" {
		_, err = t.out.Write(found.YAML())
	} else {
		err = t.mergeShards(found, f)
	}
	if err != nil {
		return err
	}
	t.say("%d shards in %d regions; set %d variables of the environment: %s", len(found.Shards), len(found.Regions), len(found.Variables()), someOf(found.Variables()))
	for _, left := range found.Left {
		t.say("not imported: %s", printable(left))
	}
	return nil
}

// someOf lists the first few of many names.
func someOf(names []string) string {
	const most = 6
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// options checks the flags.
func (f importFlags) options() (terraform.Options, error) {
	o := terraform.Options{SkipOthers: f.skip, WholeDSN: f.dsn == "variable"}
	if f.dsn != "address" && f.dsn != "variable" {
		return o, usage("", "--dsn takes address or variable, not %q", f.dsn)
	}
	if f.dryRun && f.into == "" {
		return o, usage("without --into no file is written anyway", "--dry-run needs --into")
	}
	var err error
	if o.Regions, err = assignments("--jurisdiction", f.jurisdictions); err != nil {
		return o, err
	}
	o.Regulations, err = assignments("--regulation", f.regulations)
	return o, err
}

var assignment = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9 _.-]{0,62})=([A-Za-z0-9][A-Za-z0-9_.-]{0,62})$`)

// assignments reads NAME=VALUE, each name once.
func assignments(flag string, list []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range list {
		m := assignment.FindStringSubmatch(s)
		if m == nil {
			return nil, usage("for example: --jurisdiction eu-west-2=UK, --regulation NFADP=CH", "%s takes NAME=JURISDICTION, not %q", flag, s)
		}
		if _, twice := out[m[1]]; twice {
			return nil, usage("", "%s gives %s twice", flag, m[1])
		}
		out[m[1]] = m[2]
	}
	return out, nil
}

// terraformJSON reads a file, or standard input without one.
func (t *terminal) terraformJSON(args []string) ([]byte, error) {
	in := t.in
	if file, is := in.(*os.File); is && len(args) == 0 && progress.IsTerminal(file) {
		return nil, usage("terraform show -json | atoll shards import terraform", "no JSON: name a file, or pipe the output of Terraform in")
	}
	path := "-"
	if len(args) == 1 {
		path = args[0]
	}
	return readInput(in, path, "the JSON", maxTerraform)
}

// mergeShards adds the import to a configuration: the whole of it or nothing.
func (t *terminal) mergeShards(found *terraform.Import, f importFlags) error {
	path, err := filepath.EvalSymlinks(f.into) // of a link, the file that it names is replaced
	if err != nil {
		return &usageError{err: err, hint: "--into adds to a configuration that exists; without it the entries go to standard output"}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return &usageError{err: err}
	}
	merged, notes, err := found.Merge(before, f.into)
	if err != nil {
		return &usageError{err: err, hint: "nothing was written"}
	}
	if f.dryRun {
		_, err = t.out.Write(merged)
	} else if !bytes.Equal(before, merged) {
		err = replaceFile(path, before, merged)
	}
	if err != nil {
		return err
	}
	for _, n := range notes {
		t.say("%s", printable(n))
	}
	return nil
}

// replaceFile puts a file's new content in its place in one step, unless somebody else has changed it meanwhile.
func replaceFile(path string, before, after []byte) (err error) {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, werr := temp.Write(after)
	if err := errors.Join(werr, temp.Chmod(info.Mode().Perm()), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	now, err := os.ReadFile(path)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(now, before):
		return fmt.Errorf("%s was changed by somebody else meanwhile: nothing was written, try again", path)
	}
	return os.Rename(temp.Name(), path)
}
