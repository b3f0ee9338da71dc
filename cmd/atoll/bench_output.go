package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/atoll-sql/atoll/bench/report"
)

// benchOutput is where a report goes.
type benchOutput struct {
	json, html, plots, format string
}

// benchOutputFlags adds the flags of every command that makes a report.
func benchOutputFlags(cmd *cobra.Command) *benchOutput {
	o := benchFaceFlags(cmd)
	cmd.Flags().StringVar(&o.json, "json", "", "keep the report in this file, for atoll bench compare and report")
	return o
}

// benchFaceFlags adds those that show a report.
func benchFaceFlags(cmd *cobra.Command) *benchOutput {
	o := &benchOutput{}
	f := cmd.Flags()
	f.StringVar(&o.html, "html", "", "write the report as one page, which needs no network, into this file")
	f.StringVar(&o.plots, "plots", "", "write the charts into this directory, each as SVG and PNG")
	f.StringVar(&o.format, "format", "text", "what is printed: text, markdown or json")
	return o
}

// check finds mistakes before anything is measured: a benchmark that has run for an hour must not fail for want of a directory.
func (o *benchOutput) check() error {
	switch o.format {
	case "text", "markdown", "json":
	default:
		return usage("", "--format takes text, markdown or json, not %q", o.format)
	}
	for _, f := range []struct{ flag, path string }{{"json", o.json}, {"html", o.html}} {
		if err := placeOfFile(f.flag, f.path); err != nil {
			return err
		}
	}
	if o.plots == "" {
		return nil
	}
	switch info, err := os.Stat(o.plots); {
	case err == nil && !info.IsDir():
		return usage("", "--plots %s: this is a file; a directory is wanted", o.plots)
	case errors.Is(err, os.ErrNotExist):
		return directoryOf("plots", o.plots)
	case err != nil:
		return usage("", "--plots: %v", err)
	}
	return nil
}

// placeOfFile checks that a file can be made, or made anew.
func placeOfFile(flag, path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usage("", "--%s %s: this is a directory; a file is wanted", flag, path)
	}
	return directoryOf(flag, path)
}

func directoryOf(flag, path string) error {
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case err != nil:
		return usage("", "--%s %s: there is no directory %s; make it first", flag, path, dir)
	case !info.IsDir():
		return usage("", "--%s %s: %s is no directory", flag, path, dir)
	}
	return nil
}

// measuring measures and makes a report. It tells of its steps.
type measuring func(ctx context.Context, progress func(line string)) (*report.Report, error)

// bench runs a benchmark whose flags have no mistake; those that options find begin with a flag's name. zeros are the flags that may be zero.
func (t *terminal) bench(cmd *cobra.Command, o *benchOutput, options interface{ Check() error }, measure measuring, zeros ...string) error {
	if err := givenZero(cmd.Flags(), zeros); err != nil {
		return err
	}
	if err := options.Check(); err != nil {
		return usage(cmd.CommandPath()+" --help shows the flags", "--%v", err)
	}
	return t.runBench(cmd.Context(), o, measure)
}

// runBench measures, and puts the report where it is wanted. Steps are told on standard error, each with the time since the beginning.
func (t *terminal) runBench(ctx context.Context, o *benchOutput, measure measuring) error {
	if err := o.check(); err != nil {
		return err
	}
	begin := time.Now()
	r, err := measure(ctx, func(line string) {
		t.say("%7.1fs  %s", time.Since(begin).Seconds(), printable(line))
	})
	if err != nil {
		return err
	}
	r.Format, r.Took = report.Format, time.Since(begin)
	return t.writeReport(r, o)
}

// givenZero refuses a number of zero that would mean the default.
func givenZero(f *pflag.FlagSet, zeros []string) (err error) {
	f.Visit(func(flag *pflag.Flag) {
		if v := flag.Value.String(); err == nil && (v == "0" || v == "0s") && flag.Value.Type() != "string" && !slices.Contains(zeros, flag.Name) {
			err = usage("", "--%s: %s is not above zero", flag.Name, v)
		}
	})
	return err
}

// writeReport prints a report and keeps it. All that can be written is, whatever fails.
func (t *terminal) writeReport(r *report.Report, o *benchOutput) error {
	errs := []error{t.printReport(r, o.format)}
	if o.json != "" {
		errs = append(errs, r.Save(o.json))
	}
	if o.html != "" {
		errs = append(errs, r.SavePage(o.html))
	}
	if o.plots != "" {
		errs = append(errs, r.Plots(o.plots))
	}
	return errors.Join(errs...)
}

func (t *terminal) printReport(r *report.Report, format string) error {
	var text string
	switch format {
	case "json":
		form, err := r.JSON()
		if err != nil {
			return err
		}
		text = string(form)
	case "markdown":
		text = r.Markdown()
	default:
		text = r.Text()
	}
	_, err := t.out.WriteString(text)
	return err
}
