package main

import (
	"bufio"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/residency/audit"
)

func newAudit(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Show and verify the record of what left which region",
		Long: `The audit log records which queries were asked, what the rules decided, and what crossed a region's border.
Each region has a log of its own, whose entries are chained by hashes. docs/audit.md has the format.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditShow(t), newAuditVerify(t), newAuditHead(t), newAuditKey(t))
	return cmd
}

// auditFlags say which log is meant.
type auditFlags struct{ config, dir *string }

func logFlags(cmd *cobra.Command) auditFlags {
	return auditFlags{config: configFlag(cmd), dir: cmd.Flags().String("dir", "", "the log's folder, in place of a configuration")}
}

// auditLog is a log on the disk.
type auditLog struct {
	dir string
	key ed25519.PrivateKey // nil if it is not known
	cfg *config.Config     // nil with --dir
}

func (f auditFlags) open() (*auditLog, error) {
	if *f.dir != "" {
		if *f.config != "" {
			return nil, usage("-c names a configuration, --dir the log's folder: one is enough", "both -c and --dir")
		}
		return &auditLog{dir: *f.dir}, nil
	}
	path := *f.config
	if path == "" {
		path = os.Getenv("ATOLL_CONFIG")
	}
	if path == "" {
		path = defaultConfig
	}
	cfg, err := config.Load(path)
	if err != nil {
		return nil, &usageError{err: err}
	}
	if cfg.Audit.Dir == "" {
		return nil, usage("the key audit sets one up: audit: {dir: audit}", "%s asks for no audit log", path)
	}
	l := &auditLog{dir: cfg.Audit.Dir, cfg: cfg}
	if len(cfg.Audit.Key) == ed25519.SeedSize {
		l.key = ed25519.NewKeyFromSeed(cfg.Audit.Key)
	}
	return l, nil
}

func newAuditShow(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show entries, and record that they were read",
		Long: `Shows entries of the audit log, region by region. Reading is itself recorded, as LOG_READ, before anything is shown: at once if
the configuration is given and nobody writes the log, else by the next writer. The entries' chain is not verified here: atoll audit verify does.`,
		Example: `  atoll audit show -c atoll.yaml --since 24h
  atoll audit show --dir audit --region eu-central-1 --query 4f2a… --format json`,
		Args: cobra.NoArgs,
	}
	flags := logFlags(cmd)
	region := cmd.Flags().String("region", "", "only the log of this region")
	query := cmd.Flags().String("query", "", "only entries of the query with this id")
	since := cmd.Flags().String("since", "", "only entries from then on: 24h, 2026-01-31 or 2026-01-31T12:00:00Z")
	format := cmd.Flags().String("format", "table", "table, or json: the lines as they are in the log")
	cmd.RunE = func(*cobra.Command, []string) error {
		o := audit.ReadOptions{Region: *region, Query: *query}
		var err error
		if o.Since, err = moment(*since, time.Now()); err != nil {
			return err
		}
		if *format != "table" && *format != "json" {
			return usage("", "unknown format %q; one of table, json", *format)
		}
		l, err := flags.open()
		if err != nil {
			return err
		}
		if err := t.recordRead(l, o); err != nil {
			return err
		}
		if *format == "json" {
			return t.auditLines(l.dir, o)
		}
		return t.auditTable(l.dir, o)
	}
	return cmd
}

// moment reads a time, or how long ago it was; "" is the zero time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usage("give 24h, 2026-01-31 or 2026-01-31T12:00:00Z", "--since %q is no time", text)
}

// recordRead records that somebody is about to read the log.
func (t *terminal) recordRead(l *auditLog, o audit.ReadOptions) error {
	regions, err := audit.Regions(l.dir)
	if err != nil {
		return err
	}
	if o.Region != "" {
		regions = []string{o.Region}
	}
	e := audit.Event{Application: "atoll audit show", Query: o.Query, Authentication: "operating system"}
	if who, err := user.Current(); err == nil {
		e.User = who.Username
	} else {
		e.User = fmt.Sprint("uid ", os.Getuid())
	}
	if !o.Since.IsZero() {
		e.Reason = "entries since " + o.Since.UTC().Format(time.RFC3339)
	}
	if err := audit.RecordRead(l.dir, regions, e); err != nil {
		return err
	}
	if l.cfg == nil {
		return nil // without the configuration the key is not known, and entries without it would not be signed
	}
	sync, err := audit.ParseSync(l.cfg.Audit.Sync)
	if err != nil {
		return err
	}
	w, err := audit.Open(audit.Options{Dir: l.dir, Home: l.cfg.Coordinator.Region, Key: l.key, Sync: sync})
	if errors.Is(err, audit.ErrLocked) {
		return nil // its writer records the read
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil { // whoever looks into that needs to read the log
		t.say("atoll: the read is not in the log's chain yet: %s", message(err))
	}
	return nil
}

func (t *terminal) auditLines(dir string, o audit.ReadOptions) error {
	out := bufio.NewWriter(t.out)
	err := audit.Read(dir, o, func(e *audit.Entry) error {
		if _, err := out.Write(e.Text); err != nil {
			return err
		}
		return out.WriteByte('\n')
	})
	return errors.Join(err, out.Flush())
}

func newAuditHead(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "head",
		Short: "Print the head of each region's log, to be kept elsewhere",
		Long: `Prints a checkpoint of each region's latest entry, one line of JSON each. Kept where whoever can write the log cannot, it
is an anchor: atoll audit verify --anchor FILE finds any change to entries up to it. With a configuration that has the log's key, it is signed.`,
		Example: `  atoll audit head -c atoll.yaml >> /mnt/elsewhere/anchors.jsonl`,
		Args:    cobra.NoArgs,
	}
	flags := logFlags(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		l, err := flags.open()
		if err != nil {
			return err
		}
		heads, err := audit.Heads(l.dir, l.key, time.Now().UTC())
		if err != nil {
			return err
		}
		out := json.NewEncoder(t.out)
		for _, c := range heads {
			if err := out.Encode(c); err != nil {
				return err
			}
		}
		return nil
	}
	return cmd
}

func newAuditKey(t *terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "key",
		Short:   "Print the public key of the log's checkpoints",
		Long:    `Prints the public key that belongs to the configuration's audit key, in hexadecimal, for atoll audit verify --key.`,
		Example: `  atoll audit key -c atoll.yaml > audit.pub`,
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		none := ""
		l, err := auditFlags{config: path, dir: &none}.open()
		if err != nil {
			return err
		}
		if l.key == nil {
			return usage(`the key audit.key names one: key: "${ATOLL_AUDIT_KEY}"`, "the audit log has no key: its checkpoints are not signed")
		}
		_, err = fmt.Fprintf(t.out, "%x\n", []byte(l.key.Public().(ed25519.PublicKey)))
		return err
	}
	return cmd
}

// readAnchors reads files of lines that `audit head` printed.
func readAnchors(paths []string) ([]audit.Checkpoint, error) {
	var anchors []audit.Checkpoint
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, &usageError{err: err}
		}
		for i, line := range strings.Split(string(data), "\n") {
			if strings.TrimSpace(line) == "" {
				continue
			}
			var c audit.Checkpoint
			if err := json.Unmarshal([]byte(line), &c); err != nil || c.Log == "" || c.Region == "" || c.Head == "" {
				return nil, usage("each line is one that atoll audit head printed", "%s:%d is no anchor", path, i+1)
			}
			anchors = append(anchors, c)
		}
	}
	return anchors, nil
}

// readKeys reads public keys, given as they are or as files.
func readKeys(texts []string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for _, text := range texts {
		if data, err := os.ReadFile(text); err == nil {
			text = string(data)
		}
		key, err := audit.ParsePublicKey(text)
		if err != nil {
			return nil, usage("", "--key: %s; it is neither a file that holds one", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
